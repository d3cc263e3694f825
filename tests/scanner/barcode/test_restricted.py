"""Numbers of restricted circulation are told from GTINs that trade partners know, as another program tells them."""

from __future__ import annotations

import pytest
from biip.gs1_prefixes import GS1Prefix

from scanner.barcode import keys


@pytest.mark.parametrize("prefix", range(1000))
def test_a_number_is_restricted_when_its_prefix_is_given_out_for_restricted_circulation(prefix: int) -> None:
    digits = f"{prefix:03d}123456789"
    known = GS1Prefix.extract(digits)
    is_restricted = known is not None and "Restricted Circulation" in known.usage
    assert keys.is_restricted(f"0{digits}{keys.check_digit(digits)}") == is_restricted


@pytest.mark.parametrize(("digits", "is_restricted"), [("2012345", True), ("0012345", True), ("9638507", False)])
def test_a_gtin_8_is_restricted_when_it_begins_with_0_or_2(digits: str, is_restricted: bool) -> None:
    assert keys.is_restricted(f"000000{digits}{keys.check_digit(digits)}") == is_restricted
