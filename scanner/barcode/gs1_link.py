"""GS1 Digital Link: fields from the address that a QR code on a product holds, and back (URI syntax, uncompressed)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from scanner.barcode.gs1_table import FIELDS, Field
from scanner.barcode.keys import GTIN_LENGTHS
from scanner.barcode.misread import Misread

# A link is taken for a Digital Link by a key in its path with the key's length. The keys without a fixed length look
# like any path, so they count on GS1's own host only.
_LINK: Final = re.compile(
    r"https?://[^?#]+/(?:00/\d{18}|01/(?:\d{8}|\d{12,14})|41[457]/\d{13}|402/\d{17}|8006/\d{18}|801[78]/\d{18}"
    r"|25[35]/\d{13}[^/?#]*|8003/\d{14}[^/?#]*)(?:[/?#]|$)"
    r"|https?://id\.gs1\.org/(?:.*/)?(?:401|8004|8010|8013)/",
    re.ASCII | re.IGNORECASE,
)
# One segment on that host that looks like base64, not like a word.
_COMPRESSED: Final = re.compile(r"(?i:https?://id\.gs1\.org)/(?=[^/?#]*[0-9A-Z_])[A-Za-z0-9_-]{8,}/?(?:[?#]|$)")
_NO_AI: Final = re.compile(r"[0-9]*[A-Za-z_-][A-Za-z0-9_-]*")
_UNPACK: Final = "That link is compressed and cannot be read here. Scan the bars beside it."


def link_fields(text: str) -> list[tuple[str, str]] | None:
    """AI and data of each field of a Digital Link, unchecked; None if the text is none.

    Misread('bad_gs1') if it is one but not built by the rules, or is compressed.
    """
    if not _LINK.match(text):
        if _COMPRESSED.match(text):
            raise Misread("bad_gs1", _UNPACK)
        return None
    try:
        parts = urlsplit(text)
    except ValueError:  # no address at all, such as "http://[/01/..."
        return None
    return [*_of_path(parts.path), *_of_query(parts.query)]


def _of_path(path: str) -> list[tuple[str, str]]:
    """The key and its qualifiers. An address may have folders in front, so pairs are looked at from the end."""
    segments = [unquote(segment) for segment in path.removesuffix("/").split("/")]
    for at in range(len(segments) - 2, -1, -2):
        key = FIELDS.get(segments[at])
        if key and key.qualifiers is not None:
            return [(key.ai, _unshortened(key.ai, segments[at + 1])), *_qualifiers(key, segments[at + 2 :])]
    raise Misread("bad_gs1", _UNPACK if _NO_AI.fullmatch(segments[-1]) else None)


def _unshortened(ai: str, value: str) -> str:
    return value.zfill(14) if ai == "01" and len(value) in GTIN_LENGTHS else value


def _qualifiers(key: Field, segments: Sequence[str]) -> Iterator[tuple[str, str]]:
    ais = segments[::2]
    if ais and not any(_in_order(ais, order) for order in key.qualifiers or ()):
        raise Misread("bad_gs1")
    return zip(ais, segments[1::2], strict=True)


def _in_order(ais: Sequence[str], order: Sequence[str]) -> bool:
    """True if `ais` are among those of `order`, each once and in its order."""
    rest = iter(order)
    return all(ai in rest for ai in ais)


def _of_query(query: str) -> Iterator[tuple[str, str]]:
    """The attributes. What is no AI belongs to the shop, not to GS1 (utm_source, linkType)."""
    for pair in re.split("[&;]", query):
        ai, _, value = pair.partition("=")
        field = FIELDS.get(ai)
        if field is None:
            continue
        if not field.is_attribute:
            raise Misread("bad_gs1")
        yield ai, unquote_plus(value)


def make_link(ais: Mapping[str, str], domain: str) -> str:
    """The Digital Link of fields that are checked. ValueError unless one key leads and the others may follow it."""
    keys = [ai for ai in ais if FIELDS[ai].qualifiers is not None]
    if len(keys) != 1:
        raise ValueError(f"a Digital Link has one primary key; these fields have {len(keys)}")
    orders = FIELDS[keys[0]].qualifiers or ((),)
    order = max(orders, key=lambda order: sum(ai in ais for ai in order))
    path = [*keys, *(ai for ai in order if ai in ais)]
    query = sorted(ai for ai in ais if ai not in path)
    if not all(FIELDS[ai].is_attribute for ai in query):
        raise ValueError(f"not all of these fields go into a Digital Link: {', '.join(query)}")
    link = f"https://{domain}/" + "/".join(f"{ai}/{quote(ais[ai], safe='')}" for ai in path)
    return link + ("?" + "&".join(f"{ai}={quote(ais[ai], safe='')}" for ai in query) if query else "")
