"""Reach: which addresses a printer may have. Nothing else on the network is ever contacted.

A name is resolved once, every address that it has must be allowed, and these are the ones that are connected to, the
first that answers: a name that means something else a moment later leads nowhere.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from scanner.refusals import Refusal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NETWORKS: Final = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fd00::/8"  # where printers stand, unless the admin says else
PORTS: Final = "9100-9109 631"
RAW_PORT: Final = 9100
IPP_PORT: Final = 631
LEAST_S: Final = 0.05  # for the last address, however long the others took: no time at all would mean not to wait
CLOUD_METADATA: Final = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]{2,45}")


@dataclass(frozen=True, slots=True)
class Reach:
    """The networks and the ports that are open to printers, and the ports that never are (the database's own)."""

    networks: tuple[Network, ...]
    ports: tuple[range, ...]
    closed: frozenset[int] = field(default_factory=frozenset)

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, in their order. Refuses printer_address; raises OSError when there are none."""
        self.check_port(host, port)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # a..b, or more than 63 letters between two dots: no name server is asked for it
            raise Refusal("printer_address", host, why="no host has such a name") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            self.check_address(host, address)
        return addresses

    def check_port(self, host: str, port: int) -> None:
        """Refuses printer_address for a port that no printer may have."""
        if port in self.closed or not any(port in ports for ports in self.ports):
            raise Refusal("printer_address", f"{host}:{port}", why=f"port {port} is not open to printers")

    def check_address(self, host: str, text: str) -> None:
        """Refuses printer_address for an address outside of the networks, and for what no network can open."""
        address = _plain(ipaddress.ip_address(text.partition("%")[0]))
        if address.is_link_local or address.is_multicast or address.is_unspecified or address in CLOUD_METADATA:
            raise Refusal("printer_address", host, why=f"{address} is never a printer")
        if not any(address in network for network in self.networks):
            raise Refusal(
                "printer_address", host, why=f"{address} is in none of the networks that are open to printers"
            )


def _plain(address: Address) -> Address:
    """An IPv4 address that comes in IPv6's clothes, as itself."""
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def reach_of(networks: str, ports: str, closed: Iterable[int] = ()) -> Reach:
    """The reach that settings describe: networks and ports or ranges, separated by spaces. Raises ValueError."""
    ranges = []
    for word in ports.split():
        first, _, last = word.partition("-")
        ranges.append(range(int(first), int(last or first) + 1))
    return Reach(tuple(ipaddress.ip_network(word) for word in networks.split()), tuple(ranges), frozenset(closed))


def connect(addresses: Sequence[str], port: int, within_s: float) -> socket.socket:
    """A connection to the first of these addresses that takes one. Raises OSError: what the last has said.

    Each gets an equal part of the time that is left, so that a silent one leaves some for the others.
    """
    give_up_at = time.monotonic() + within_s
    *firsts, last = addresses
    for number, address in enumerate(firsts):
        try:
            return _connect(address, port, (give_up_at - time.monotonic()) / (len(addresses) - number))
        except OSError:  # a printer may have an address that it does not listen at, or that this machine has no way to
            continue
    return _connect(last, port, give_up_at - time.monotonic())


def _connect(address: str, port: int, within_s: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=max(within_s, LEAST_S))


# --- addresses as people write them ----------------------------------------------------------------------------------


def raw_address(text: str) -> tuple[str, int]:
    """Host and port of '10.0.0.7', '10.0.0.7:9100', '[fd00::7]:9100' or 'zebra-1'. Refuses printer_address."""
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    return _split(text, f"//{text}", RAW_PORT)


def ipp_address(text: str) -> tuple[str, int, str]:
    """Host, port and path of 'ipp://10.0.0.8/ipp/print' or 'ipps://...'. Refuses printer_address."""
    try:
        parts = urlsplit(text)
    except ValueError as error:  # brackets around what is no IPv6 address
        raise Refusal("printer_address", text, why="it is no host with a port") from error
    if parts.scheme not in ("ipp", "ipps") or parts.query or parts.fragment or not parts.path.startswith("/"):
        raise Refusal("printer_address", text, why="it is no ipp:// or ipps:// address with a path")
    host, port = _split(text, text, IPP_PORT)
    return host, port, parts.path


def _split(shown: str, url: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or default
    except ValueError:
        host, port = "", 0
    if not _HOST.fullmatch(host) or parts.username is not None or (url.startswith("//") and parts.path):
        raise Refusal("printer_address", shown, why="it is no host with a port")
    return host, port


def check(kind: str, address: str, reach: Reach) -> None:
    """Whether a printer may have this address: asked when it is put on file, and again before each connection.

    A name that means nothing now may mean something tomorrow, so it passes. Refuses printer_address.
    """
    if kind not in ("raw", "ipp"):
        return
    host, port = raw_address(address) if kind == "raw" else ipp_address(address)[:2]
    try:
        reach.resolve(host, port)
    except OSError:
        return
