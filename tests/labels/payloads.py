"""Payloads: every label with facts of every kind, as Hypothesis draws them: friendly, strange and hostile ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from labels import card, item, location, shipment, unit
from labels.parts import Label, Media
from scanner.barcode import keys, own

# SCANDOCK_LABEL_EXAMPLES=200 is the full run (`make fuzz-labels`); fewer for each resolution keep `make test` quick.
EXAMPLES: Final = {
    dpi: int(os.environ.get("SCANDOCK_LABEL_EXAMPLES", quick)) for dpi, quick in ((203, 20), (300, 8), (600, 4))
}
RESOLUTIONS: Final = tuple(EXAMPLES)

HOSTILE: Final = (
    "^XZ^XA^FO0,0^FDowned^FS",
    "~JR",
    "^CC+",
    "~CT!",
    "^FS^DFR:X.ZPL^FS",
    "_5EXA",
    "\\5EXA",
    ">;>8",
    "a\x00b\x1b[2J\x7f\x85",
    "line\r\nline\ttab",
    "日本語のラベル 한국어 中文",
    "مرحبا بالعالم 123 שלום",
    "Lot مرحبا 12 日本",
    "👩‍👩‍👧 📦🏷️ \U000e0041",
    "\u202eevil\u202c \u200bzero",
    "W" * 500,
    "word " * 100,
    "é" * 500,
    "A" + "\u0301" * 12,
    ("q" + "\u0323" * 12 + "\u0302" * 12) * 9,
    "",
)
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
words: Final = st.one_of(
    st.sampled_from(HOSTILE),
    st.from_regex(r"99[0-9a-zA-Z]{0,12}", fullmatch=True),
    st.from_regex(r"[0-9]{1,15}", fullmatch=True),
    st.from_regex(r"[a-z]{1,12}([-./_ ][a-z0-9]{1,8}){0,3}", fullmatch=True),
    st.text(max_size=60),
)
printable: Final = st.characters(min_codepoint=32, max_codepoint=126)
codes: Final = st.one_of(
    st.from_regex(r"99[0-9A-Za-z]{1,12}", fullmatch=True),
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    st.from_regex(r"[A-Z]{1,4}[-./ ][0-9]{1,7}[a-z]{0,3}", fullmatch=True),
    st.text(printable, min_size=1, max_size=20).filter(lambda text: text.strip() == text),
)
gs1_texts: Final = st.one_of(
    st.from_regex(r"[0-9]{1,12}", fullmatch=True),
    st.from_regex(r"99[0-9A-Za-z]{0,8}", fullmatch=True),
    st.text(st.sampled_from(sorted(set(keys.CSET_82) - set("()"))), min_size=1, max_size=12),
)
own_bodies: Final = st.text(st.sampled_from(keys.ALPHABET), min_size=1, max_size=8)
days: Final = st.dates(date(2000, 1, 2), date(2049, 12, 30))
gtins: Final = st.sampled_from((7, 11, 12, 13)).flatmap(
    lambda length: st.integers(10 ** (length - 1), 10**length - 1).map(
        lambda body: f"{body}{keys.check_digit(str(body))}"
    )
)
ssccs: Final = st.builds(keys.sscc, st.just("9506000"), st.integers(0, 9), st.integers(0, 10**9 - 1))
address: Final = st.lists(words, max_size=6).map(tuple)


@st.composite
def locations(draw: st.DrawFn, dpi: int) -> Label:
    facts = location.LocationFacts(
        name=draw(words) or "A",
        code=own.encode("location", draw(own_bodies)),
        level=draw(st.none() | st.integers(0, 12)),
        arrow=draw(st.sampled_from((None, "up", "down"))),
        check_digits=draw(st.from_regex(r"([0-9]{3})?", fullmatch=True)),
        zone=draw(words),
    )
    style, media = draw(st.sampled_from((("beam", (110, 50)), ("floor", (100, 150)), ("far", (250, 100)))))
    twin = draw(st.sampled_from((None, "datamatrix", "qr")))
    return location.location(facts, Media(*media, dpi), style=style, twin=twin, is_copy=draw(st.booleans()))


@st.composite
def items(draw: st.DrawFn, dpi: int) -> Label:
    facts = item.ItemFacts(
        sku=draw(codes),
        description=draw(words),
        gtin=draw(gtins | st.just("")),
        lot=draw(gs1_texts | st.just("")),
        serial=draw(gs1_texts | st.just("")),
        expires_on=draw(st.none() | days),
        best_before=draw(st.none() | days),
        quantity=draw(st.none() | st.integers(0, 10**6)),
        unit=draw(words),
    )
    width, height = draw(st.sampled_from(((25, 25), (57, 32), (70, 38), (100, 50))))
    symbol = draw(st.sampled_from(_symbols_for(facts)))
    return item.item(facts, Media(width, height, dpi), symbol=symbol, is_copy=draw(st.booleans()))


def _symbols_for(facts: item.ItemFacts) -> tuple[str, ...]:
    """What may be asked for: without a GTIN no GS1 data, and no EAN for one of fourteen digits."""
    own = ("auto", "code128", "datamatrix")
    if not facts.gtin:
        return own
    is_long = len(facts.gtin) == 14 and not facts.gtin.startswith("0")
    return (*own, "gs1_datamatrix", "gs1_128") if is_long else item.SYMBOLS


@st.composite
def units(draw: st.DrawFn, dpi: int) -> Label:
    facts = unit.UnitFacts(
        sscc=draw(ssccs),
        ship_from=draw(address),
        ship_to=draw(address),
        description=draw(words),
        sku=draw(words),
        gtin=draw(gtins | st.just("")),
        count=draw(st.none() | st.integers(1, 99999)),
        lot=draw(words),
        expires_on=draw(st.none() | days),
        best_before=draw(st.none() | days),
        order=draw(words),
        weight_g=draw(st.none() | st.integers(1, 2_000_000)),
    )
    media = draw(st.sampled_from(((101.6, 152.4), (105, 148), (148, 210))))
    return unit.unit(facts, Media(*media, dpi), is_copy=draw(st.booleans()))


@st.composite
def totes(draw: st.DrawFn, dpi: int) -> Label:
    facts = unit.ToteFacts(draw(words) or "1", own.encode("tote", draw(own_bodies)), draw(words))
    return unit.tote(facts, Media(*draw(st.sampled_from(((100, 50), (70, 35)))), dpi), is_copy=draw(st.booleans()))


@st.composite
def shipments(draw: st.DrawFn, dpi: int) -> Label:
    facts = shipment.ShipmentFacts(
        ship_from=draw(address),
        ship_to=draw(address),
        carrier=draw(words),
        service=draw(words),
        tracking=draw(codes),
        order=draw(words),
        reference=draw(words),
        parcel=draw(st.integers(1, 99)),
        parcels=draw(st.integers(1, 99)),
        weight_g=draw(st.none() | st.integers(1, 70_000)),
        shipped_on=draw(words),
        routing=draw(words),
        sscc=draw(ssccs | st.just("")),
    )
    media = Media(*draw(st.sampled_from(((101.6, 152.4), (105, 148)))), dpi)
    return shipment.shipment(facts, media, is_copy=draw(st.booleans()))


@st.composite
def cards(draw: st.DrawFn, dpi: int) -> Label:
    kind = draw(st.sampled_from(("carton_type", "device", "command")))
    media = Media(*draw(st.sampled_from(((85, 54), (63, 38), (100, 50)))), dpi)
    if kind == "command":
        commands = (("SHORT", None), ("OK", None), ("QUARANTINE", None), ("Q", 12), ("Q", 99))
        word, number = draw(st.sampled_from(commands))
        return card.card(card.command_card(word, number), media, is_copy=draw(st.booleans()))
    facts = card.CardFacts(draw(words) or "1", own.encode(kind, draw(own_bodies)), draw(words), draw(words))
    return card.card(facts, media, is_copy=draw(st.booleans()))


@st.composite
def badges(draw: st.DrawFn, dpi: int) -> Label:
    code = own.encode("badge", draw(st.text(st.sampled_from(own.BADGE_ALPHABET), min_size=26, max_size=26)))
    facts = card.BadgeFacts(draw(words), code, draw(words), draw(words))
    return card.badge(facts, Media(*draw(st.sampled_from(((86, 54), (101.6, 76)))), dpi), is_copy=draw(st.booleans()))


KINDS: Final[dict[str, Callable[[int], st.SearchStrategy[Label]]]] = {
    "location": locations,
    "item": items,
    "unit": units,
    "tote": totes,
    "shipment": shipments,
    "card": cards,
    "badge": badges,
}


def quick(dpi: int, share: int = 1) -> settings:
    """As many examples as this resolution gets, divided among batches of `share`; the same ones each time."""
    return settings(
        max_examples=max(1, EXAMPLES[dpi] // share),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
