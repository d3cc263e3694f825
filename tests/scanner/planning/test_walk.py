"""A walking order from addresses alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.planning.walk import code_key, serpentine


def in_walking_order(*codes: str) -> list[str]:
    return sorted(codes, key=lambda code: serpentine(*code.split("-")))


def test_odd_aisles_are_walked_up_and_even_aisles_down() -> None:
    codes = ["A-01-1", "A-02-1", "A-10-1", "B-10-1", "B-02-1", "B-01-1", "C-01-1"]
    assert in_walking_order(*reversed(codes)) == codes


def test_numbered_aisles_follow_one_another_as_numbers() -> None:
    assert in_walking_order("10-1-1", "9-1-1", "11-1-1") == ["9-1-1", "10-1-1", "11-1-1"]


def test_aisles_of_a_letter_and_a_number_stay_together() -> None:
    codes = ["A2-1-1", "A10-1-1", "B1-1-1", "C9-1-1"]
    assert in_walking_order(*reversed(codes)) == codes


def test_aisle_aa_comes_after_aisle_z() -> None:
    assert in_walking_order("AA-1-1", "Z-1-1") == ["Z-1-1", "AA-1-1"]


def test_each_bay_is_worked_from_the_floor_up() -> None:
    codes = ["B-02-1-1", "B-02-1-2", "B-02-2-1", "B-01-1-1"]
    assert in_walking_order(*reversed(codes)) == codes


def test_no_two_ordinary_addresses_share_a_number() -> None:
    numbers = {
        serpentine(aisle, str(bay), str(level))
        for aisle in ("A", "B", "27", "A99")
        for bay in range(90)
        for level in range(1, 6)
    }
    assert len(numbers) == 4 * 90 * 5


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_gives_a_number_that_fits_a_database_integer(aisle: str, bay: str, level: str, position: str) -> None:
    assert 0 <= serpentine(aisle, bay, level, position) < 2**31


def test_the_largest_address_fits_a_database_integer() -> None:
    assert serpentine("ZZZ999", "999999999", "999999999", "999999999") < 2**31


def test_codes_sort_as_people_read_them() -> None:
    assert sorted(["A-10-1", "A-2-1", "B-1", "A-2"], key=code_key) == [
        "A-2",
        "A-2-1",
        "A-10-1",
        "B-1",
    ]


@given(st.lists(st.text()))
def test_any_codes_can_be_sorted(codes: list[str]) -> None:
    assert sorted(sorted(codes, key=code_key)) == sorted(codes)
