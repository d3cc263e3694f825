"""Make the certificates with which a station in a local network is served by https.

    python tools/certificate.py FOLDER [ADDRESS ...]

A phone's camera works on https pages only, and no public authority signs for an address in a local network. So the
station has a small authority of its own: phones trust `ca.crt` once, and whatever the station's address is later, its
certificate is signed anew by the same authority. That authority can sign for private addresses and local names only
(X.509 name constraints, RFC 5280 4.2.1.10), so a stolen key opens no other site. The work is done by OpenSSL.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CA_DAYS = 3650
DAYS = 820  # Apple's phones take no certificate that is good for more than 825 days
RENEW_S = 30 * 86_400
PRIVATE = ("10.0.0.0/255.0.0.0", "172.16.0.0/255.240.0.0", "192.168.0.0/255.255.0.0", "127.0.0.0/255.0.0.0",
           "169.254.0.0/255.255.0.0")  # fmt: skip
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Failed(Exception):
    """OpenSSL is missing or would not do it; the text says what."""


def ensure(folder: Path, names: list[str]) -> None:
    """Have an authority and a good certificate for `names` (addresses and host names) in `folder`. Raises Failed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "ca.crt").exists():
        _make_authority(folder)
    if not _is_good(folder / "server.crt", names):
        _sign(folder, names)


def _make_authority(folder: Path) -> None:
    host = socket.gethostname()
    allowed = [f"permitted;IP:{network}" for network in PRIVATE]
    allowed += [f"permitted;DNS:{name}" for name in ("localhost", "local", host)]
    extensions = ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign"]
    extensions.append(f"nameConstraints=critical,{','.join(allowed)}")
    added = [part for extension in extensions for part in ("-addext", extension)]
    name = f"/CN=Scandock on {host}"
    with _private():
        _openssl(folder, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", str(CA_DAYS),
                 "-subj", name, *added)  # fmt: skip


def _sign(folder: Path, names: list[str]) -> None:
    wanted = ",".join(f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in names)
    rules = f"subjectAltName={wanted}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n"
    (folder / "server.ext").write_text(rules, encoding="ascii")
    with _private():
        _openssl(folder, "req", "-new", *KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={names[0]}")
        _openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", str(DAYS), "-extfile", "server.ext", "-out", "server.crt")  # fmt: skip


def _is_good(certificate: Path, names: list[str]) -> bool:
    """Whether the certificate lasts a while and stands for all names."""
    if not certificate.exists():
        return False
    if _run(certificate.parent, "x509", "-in", certificate.name, "-noout", "-checkend", str(RENEW_S)).returncode:
        return False
    checks = (("-checkip" if _is_address(name) else "-checkhost", name) for name in names)
    told = (_run(certificate.parent, "x509", "-in", certificate.name, "-noout", *check).stdout for check in checks)
    return all("does match" in text for text in told)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _private:  # noqa: N801 - reads as a word after `with`
    """Files made inside are their owner's alone."""

    def __enter__(self) -> None:
        self._before = os.umask(0o077)

    def __exit__(self, *_: object) -> None:
        os.umask(self._before)


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _openssl(folder: Path, *arguments: str) -> None:
    try:
        done = _run(folder, *arguments)
    except FileNotFoundError as error:
        raise Failed("HTTPS needs the program openssl: apt-get install openssl") from error
    if done.returncode:
        raise Failed(f"openssl {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:]}")


def addresses() -> list[str]:
    """This machine's names and its address in its network. No packet is sent: connecting only picks a route."""
    found = ["localhost", "127.0.0.1", socket.gethostname()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address for examples
            found.append(str(probe.getsockname()[0]))
        except OSError:
            pass
    return list(dict.fromkeys(found))


def main() -> int:
    """Make what is missing; 1 with a sentence when that cannot be done."""
    try:
        ensure(Path(sys.argv[1]), sys.argv[2:] or addresses())
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
