"""The station's own https: an authority that phones trust once, and that can speak for no address but local ones."""

from __future__ import annotations

import http.client
import shutil
import ssl
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from tests.serving import serve
from tools import certificate

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the program openssl is not on this machine")
on_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
NAMES = ["localhost", "127.0.0.1"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Certificates for this machine, and the setting that serves by them."""
    made = tmp_path / "certificates"
    certificate.ensure(made, NAMES)
    monkeypatch.setenv("SCANDOCK_CERTIFICATES", str(made))
    return made


@pytest.fixture
def port(folder: Path, app: Flask, engine_url: str, tmp_path: Path) -> Iterator[int]:
    """The product under its own server, by https."""
    with serve(engine_url, tmp_path, SCANDOCK_CERTIFICATES=str(folder)) as free:
        yield free


def get(port: int, folder: Path, path: str, host: str = "localhost") -> http.client.HTTPResponse:
    """One request by a client that trusts the station's authority and nobody else."""
    trusting = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    connection = http.client.HTTPSConnection(host, port, context=trusting, timeout=20)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    return answer


@on_sqlite
def test_a_phone_that_trusts_the_authority_is_served_without_a_warning(port: int, folder: Path) -> None:
    for host in NAMES:
        answer = get(port, folder, "/login", host)
        assert answer.status == 200
        assert "__Host-scandock-form" in str(answer.getheader("Set-Cookie"))
        assert answer.getheader("Strict-Transport-Security") is None  # localhost is shared with other programs


@on_sqlite
def test_a_phone_that_does_not_trust_it_is_warned(port: int) -> None:
    connection = http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(), timeout=20)
    with closing(connection), pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/login")


@on_sqlite
def test_the_trust_page_gives_the_certificate_before_any_log_in(folder: Path, own_app: Flask) -> None:
    client = own_app.test_client()
    assert "Trust this station" in client.get("/trust/").text
    answer = client.get("/trust/scandock-ca.crt")
    assert answer.mimetype == "application/x-x509-ca-cert"
    assert answer.data == (folder / "ca.crt").read_bytes()
    assert b"PRIVATE" not in answer.data


@on_sqlite
def test_without_certificates_there_is_nothing_to_trust(own_app: Flask) -> None:
    assert own_app.test_client().get("/trust/").status_code == 404


def test_keys_are_their_owner_s_alone(folder: Path) -> None:
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_the_authority_stays_and_only_the_certificate_follows_a_new_address(folder: Path) -> None:
    authority, server = ((folder / name).read_bytes() for name in ("ca.crt", "server.crt"))
    certificate.ensure(folder, NAMES)
    assert (folder / "server.crt").read_bytes() == server
    certificate.ensure(folder, [*NAMES, "192.168.7.9"])
    assert (folder / "ca.crt").read_bytes() == authority
    assert (folder / "server.crt").read_bytes() != server


@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8"])
def test_the_authority_cannot_speak_for_other_sites(folder: Path, name: str) -> None:
    certificate.ensure(folder, [name])
    told = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.crt", "server.crt"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert "permitted subtree violation" in told.stderr + told.stdout
