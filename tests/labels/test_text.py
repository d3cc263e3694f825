"""Text: fitted into its box whatever comes, by rules that are written down."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from labels import picture, proof, text
from labels.item import ItemFacts, item
from labels.parts import Box, Media
from tests.labels.payloads import HOSTILE, RESOLUTIONS, quick, words


@quick(203)
@given(words, st.integers(5, 400), st.integers(8, 200), st.booleans(), st.integers(1, 4))
def test_no_text_leaves_its_box(said: str, width: int, height: int, bold: bool, lines: int) -> None:
    box = Box(0, 0, width, height)
    fitted = text.fit(said, box, largest=60, smallest=10, bold=bold, lines=lines)
    assert len(fitted.lines) <= lines
    assert fitted.baseline + fitted.leading * (len(fitted.lines) - 1) <= height
    if width >= 30:
        assert all(text.width(line, fitted.size, bold) <= width for line in fitted.lines)


@pytest.mark.parametrize("said", [*HOSTILE, "Tiếng Việt \u1eb4", "\u1eb0y\u0331\u0323 " * 20, "A\u0302\u0302\u0302"])
@pytest.mark.parametrize("size", [18, 40, 90])
@pytest.mark.parametrize("height", [34, 100, 300])
def test_no_ink_goes_above_or_below_the_box(said: str, size: int, height: int) -> None:
    box = Box(300, 400, 500, height)
    sheet = Image.new("1", (1200, 1200), picture.WHITE)
    fitted = text.fit(said, box, largest=size, smallest=12, lines=3, middle=False)
    picture.draw_text(ImageDraw.Draw(sheet), fitted)
    _, above, _, below = ImageChops.invert(sheet.convert("L")).getbbox() or (0, 400, 0, 400)
    assert above >= box.y - 1, "a dot is lost in rounding"
    assert below <= box.bottom + 1


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("said", ["A" + "\u0301" * 12, "q" + "\u0323" * 12, ("b" + "\u0302" * 12) * 80])
def test_accents_in_a_heap_leave_the_code_of_a_small_label_alone(said: str, dpi: int) -> None:
    facts = ItemFacts("M", said, gtin="4006381333931", lot="L1", expires_on=date(2027, 1, 1))
    assert proof.prove(item(facts, Media(25, 25, dpi))).symbols


def test_a_long_name_is_shrunk_then_wrapped_then_cut_with_a_mark() -> None:
    box = Box(0, 0, 300, 60)
    short = text.fit("Bolt", box, largest=40, smallest=16, lines=2)
    longer = text.fit("Hexagon bolt, zinc", box, largest=40, smallest=16, lines=2)
    longest = text.fit("Hexagon bolt " * 40, box, largest=40, smallest=16, lines=2)
    assert short.size == 40
    assert len(short.lines) == 1
    assert 16 <= longer.size < 40
    assert longest.lines[-1].endswith("…")
    assert longest.size == 16


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("a\x00b\x1b[2J\x7f\x85", "ab[2J"),
        ("line\r\nline\ttab", "line line tab"),
        ("\u202eevil\u202c \u200bzero", "evil zero"),
        ("  two   words ", "two words"),
        ("\U0001f9ff", "□"),
        ("e\u0301", "é"),
        ("A" + "\u0301" * 12 + "x\u0331\u200b\u0302\u0302", "Á\u0301\u0301x\u0331\u0302"),
    ],
)
def test_what_cannot_be_seen_is_left_out_and_what_no_font_has_is_a_box(said: str, seen: str) -> None:
    assert text.visible(said) == seen


def test_no_hostile_text_keeps_a_control_character() -> None:
    assert all(text.visible(said).isprintable() for said in HOSTILE)


def test_right_to_left_text_is_known_by_its_first_letter() -> None:
    assert text.is_right_to_left("123 שלום")
    assert not text.is_right_to_left("Lot שלום")
    assert not text.is_right_to_left("123")


@pytest.mark.parametrize("most", [20, 600, 2000])
def test_what_is_longer_than_its_limit_ends_in_a_mark_and_nothing_else_does(most: int) -> None:
    assert text.visible("x" * most, most=most) == "x" * most
    assert text.visible(" x  " * (most // 2) + "\u200b" * 99, most=most) == "x " * (most // 2 - 1) + "x"
    cut = text.visible("x" * (most + 1), most=most)
    assert (len(cut), cut[-1]) == (most, "…")
