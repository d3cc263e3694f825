"""GS1 under fire: lost separators and damaged labels are refused or read the same, with bounded work.

`FUZZ_EXAMPLES=100000` makes it a long run.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.barcode import Misread, Scan, element_string, read
from scanner.barcode.gs1_table import FIELDS, Field
from scanner.barcode.keys import CSET_82
from scanner.barcode.symbology import GS
from tests.scanner.barcode.gs1_data import GTIN, labels

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
long_run = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
# What trade labels carry, with text long enough to be one.
TRADE = ["10", "11", "13", "15", "17", "21", "240", "241", "400", "3103"]


def _read(raw: str, *, sends_gs: bool | None) -> Scan | None:
    try:
        return read(raw, sends_gs=sends_gs)
    except Misread:
        return None


@long_run
@given(labels(least=2, most=4))
def test_without_its_separators_a_label_is_refused_or_read_the_same(ais: dict[str, str]) -> None:
    """From a device that is known to lose them; whatever the fields and their order."""
    raw = "]d2" + "".join(ai + value for ai, value in ais.items())
    scan = _read(raw, sends_gs=False)
    assert scan is None or scan.ais == ais


@long_run
@given(labels(TRADE, least=1, most=4))
def test_a_trade_label_without_separators_is_refused_even_from_a_device_that_nobody_checked(
    ais: dict[str, str],
) -> None:
    if any(FIELDS[ai].is_text and len(value) < 3 for ai, value in ais.items()):
        return
    scan = _read(f"]d201{GTIN}" + "".join(ai + value for ai, value in ais.items()), sends_gs=None)
    assert scan is None or scan.ais == {"01": GTIN, **ais}


@long_run
@given(labels(most=4), st.data())
def test_a_damaged_label_is_refused_or_says_what_encodes_to_the_same(ais: dict[str, str], data: st.DataObject) -> None:
    text = element_string(ais)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        put = data.draw(st.sampled_from(["", GS, "%", "(", "0", "9", *CSET_82]))
        text = text[:at] + put + text[at + data.draw(st.integers(0, 2)) :]
    for sends_gs in (None, True, False):
        scan = _read("]d2" + text, sends_gs=sends_gs)
        if scan is not None:
            assert read("]d2" + element_string(scan.ais), sends_gs=True).ais == scan.ais


CRAFTED = [
    f"01{GTIN}91" + "21" * 45,
    f"01{GTIN}91" + "9" * 90,
    f"01{GTIN}10" + "21" * 10,
    "91" + "91" * 44 + "99",
    "7256" + "%41%41" * 15 + "^",
    "4302" + "%41" * 23 + "%",
    "8013" + "1" * 23 + "AA" + "8013" * 10,
    "8110" + "1" * 70,
    "90" + "90" * 127,
    "10" * 127,
    "0101" * 60,
]


@pytest.mark.parametrize("text", CRAFTED)
@pytest.mark.parametrize("sends_gs", [None, True, False])
def test_a_crafted_label_costs_a_bounded_number_of_looks(
    text: str, sends_gs: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No clock: each look at a field is one pass over at most 90 characters."""
    looks = 0
    fault = Field.fault

    def counted(self: Field, text: str, start: int = 0, end: int | None = None) -> str | None:
        nonlocal looks
        looks += 1
        return fault(self, text, start, end)

    monkeypatch.setattr(Field, "fault", counted)
    _read("]d2" + text, sends_gs=sends_gs)
    assert looks < 1000


@long_run
@given(st.text("0123456789%ABCxyz()" + GS, max_size=250))
def test_junk_costs_no_more_either(text: str) -> None:
    for aim in ("]d2", "]C1", ""):
        _read(aim + text, sends_gs=False)
