"""Symbology: AIM identifiers, wedge noise, and the separator in all its disguises."""

from __future__ import annotations

import pytest

from scanner.barcode import Misread
from scanner.barcode.symbology import GS, aim_of, tidy

LABEL = f"010950600013435210aB7-x{GS}21Q1w9"


@pytest.mark.parametrize("disguise", [GS, "\u241d", "<GS>", "{GS}", "^]", "<FNC1>", "{F8}", "\u2194", "\u00f8"])
@pytest.mark.parametrize("aim", ["", "]C1", "]d2", "]Q3"])
def test_every_disguise_of_the_separator_is_seen_through(aim: str, disguise: str) -> None:
    assert tidy(aim + LABEL.replace(GS, disguise)) == (LABEL, aim or None)


def test_plain_symbols_keep_what_only_looks_like_a_separator() -> None:
    assert tidy("]C0A^]B<GS>C") == ("A^]B<GS>C", "]C0")
    assert tidy("rødgrød") == ("rødgrød", None)


@pytest.mark.parametrize("noise", ["{}\r\n", "\x02{}\x03", " {} ", "\t{}\t", "\ufeff{}", "{}\x00", "{}\x04"])
def test_what_a_wedge_adds_around_a_code_is_dropped(noise: str) -> None:
    assert tidy(noise.format("SKU-1")) == ("SKU-1", None)
    assert tidy(noise.format("]E09506000134352")) == ("9506000134352", "]E0")


def test_noise_never_eats_a_separator() -> None:
    assert tidy(f"{GS}10AB{GS}\r") == (f"{GS}10AB{GS}", None)


@pytest.mark.parametrize(
    ("name", "aim"),
    [
        ("]C1", "]C1"),
        ("C0", "]C0"),
        ("]e0", "]e0"),
        ("ean_13", "]E0"),
        ("EAN-13", "]E0"),
        ("EAN13", "]E0"),
        ("upc_e", "]E0"),
        ("UPC-A", "]E0"),
        ("ean_8", "]E4"),
        ("ITF", "]I0"),
        ("DataBarExpanded", "]e0"),
        ("GS1 DataMatrix", "]d2"),
        ("code_128", None),
        ("qr_code", None),
        ("", None),
        ("no such thing", None),
    ],
)
def test_a_reader_may_name_the_symbology(name: str, aim: str | None) -> None:
    assert aim_of(name) == aim


def test_the_identifier_in_the_data_beats_the_reader() -> None:
    assert tidy("]C0ABC", "]C1") == ("ABC", "]C0")


@pytest.mark.parametrize("raw", ["", " ", "\r\n", "]C1", "]C1\r", "\x02\x03", GS, f"]d2{GS}"])
def test_a_scan_without_a_code_is_empty(raw: str) -> None:
    with pytest.raises(Misread) as misread:
        tidy(raw)
    assert misread.value.code == "empty"


@pytest.mark.parametrize(
    "raw",
    [
        "A\x00B",
        "A\nB",
        "A\x1eB",
        "[)>\x1e06\x1dP1\x04",
        "A\u202eB",
        "A\ud800B",
        "A\u200bB",
        b"A\xe4B".decode(errors="replace"),
        "A\x7fB",
        f"]C0A{GS}B",
    ],
)
def test_characters_of_no_label_are_refused(raw: str) -> None:
    with pytest.raises(Misread) as misread:
        tidy(raw)
    assert misread.value.code == "control_characters"


def test_256_characters_are_read_and_257_are_not() -> None:
    assert tidy("X" * 256) == ("X" * 256, None)
    for raw in ("X" * 257, "X" * 3000, "X" * 10_000_000):
        with pytest.raises(Misread) as misread:
            tidy(raw)
        assert misread.value.code == "too_long"


def test_typed_separators_do_not_count_four_times() -> None:
    assert len(tidy("10A<GS>" * 60)[0]) == 240


def test_composed_and_decomposed_letters_are_one() -> None:
    assert tidy("Gro\u0308ße")[0] == tidy("Größe")[0] == "Größe"
