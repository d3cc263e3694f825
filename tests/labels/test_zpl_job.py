"""ZPL jobs: exact symbols, and no command but the template's."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from labels import picture, zpl
from labels.parts import Box, Label, Media, Symbol
from labels.shipment import passed_through
from labels.sketch import Sketch
from scanner.refusals import Refusal
from tests.labels.payloads import HOSTILE, quick
from tools.label_pictures import LABELS


def labelled(words: str) -> Label:
    """A label with one text."""
    sketch = Sketch("words", Media(100, 50))
    sketch.text(words, Box(10, 10, 700, 100), 3.0, lines=3, name="words")
    return sketch.done()


@pytest.mark.parametrize("words", [*HOSTILE, "plain"])
def test_a_text_adds_no_command(words: str) -> None:
    harmless = {"^FT", "^A0", "^FH", "^FD", "^FS", "^FO", "^GF"}
    frame = zpl.commands(zpl.job(labelled("")).decode())
    assert set(zpl.commands(zpl.job(labelled(words)).decode())) <= harmless | set(frame)
    assert zpl.job(labelled(words)).count(b"~") == 0


@quick(203)
@given(st.text(max_size=40))
def test_field_data_is_letters_digits_and_hex(words: str) -> None:
    assert not set(zpl.hexed(words)) - zpl._SAFE - {"_"}


def test_the_second_look_finds_a_field_that_was_not_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zpl, "hexed", lambda text, *_: text)
    for words in ("x^XZ^XA", "~JR", "^CC+", "x^FS^FDy", "a^"):
        with pytest.raises(Refusal, match="label_bad_content"):
            zpl.job(labelled(words))


@pytest.mark.parametrize("words", ["\x10JR", "\x1eCC+", "a\x05b"])
def test_the_second_look_finds_signs_of_control_that_stand_for_commands(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr(zpl, "_is_native", lambda _said: True)
    monkeypatch.setattr(zpl, "hexed", lambda *_: words)
    with pytest.raises(Refusal, match="label_bad_content"):
        zpl.job(labelled("x"))


def test_the_job_id_travels_as_a_comment_and_adds_nothing() -> None:
    job = zpl.job(labelled("x").of_job("7f-3^XZ~JR")).decode()
    assert "^FX7f-3XZJR^FS" in job
    assert zpl.commands(job).count("^XZ") == 1


def test_an_sscc_is_native_with_fnc1_and_whole_dots() -> None:
    job = zpl.job(LABELS["unit-4x6"]()).decode()
    assert "^BY4^BCN,256,N,N,N,N^FH_^FD>;>800395060000000123456^FS" in job
    assert "^BXN,6,200,16,16,6,_,1^FH\\^FD_100395060000000123456^FS" in job


def test_a_field_has_an_end() -> None:
    with pytest.raises(Refusal, match="label_bad_content"):
        zpl.hexed("é" * 600)


def test_copies_are_counted_by_the_printer() -> None:
    assert zpl.job(labelled("x"), copies=3).endswith(b"^PQ3^XZ\n")


def test_a_carriers_label_passes_through_dot_by_dot_or_not_at_all() -> None:
    png = picture.png(LABELS["tote"](), is_coloured=False)
    label = passed_through(png, Media(100, 50))
    assert picture.draw(label).tobytes() == picture.draw(LABELS["tote"]()).tobytes()
    with pytest.raises(Refusal, match="label_too_small"):
        passed_through(png, Media(98, 50))
    assert replace(label, parts=()).codes == ()


@pytest.mark.parametrize(("dpi", "size"), [(203, (812, 1218)), (300, (1200, 1800)), (600, (2400, 3600))])
def test_a_carriers_label_of_4_by_6_inches_is_printed_on_102_by_152_mm(dpi: int, size: tuple[int, int]) -> None:
    sheet, media = Image.new("1", size, picture.WHITE), Media(102, 152, dpi)
    ink = (dpi // 10, dpi // 10, size[0] - dpi // 10, size[1] - dpi // 10)
    sheet.paste(picture.BLACK, ink)
    label = passed_through(saved(sheet), media)
    above = (size[1] - label.height) // 2
    sent = zpl.graphic(label.parts[0].box, sheet.crop((0, above, size[0], above + label.height)))
    assert sent in zpl.job(label).decode()
    assert picture.draw(label).histogram()[0] == sheet.histogram()[0]


@pytest.mark.parametrize("row", [0, 1217])
def test_a_carriers_label_is_refused_when_ink_would_be_cut_off(row: int) -> None:
    sheet = Image.new("1", (812, 1218), picture.WHITE)
    sheet.putpixel((400, row), picture.BLACK)
    with pytest.raises(Refusal, match="label_too_small"):
        passed_through(saved(sheet), Media(102, 152))


def test_a_carriers_label_that_is_too_large_by_more_than_a_millimetre_is_refused_even_when_it_is_white() -> None:
    with pytest.raises(Refusal, match="label_too_small"):
        passed_through(saved(Image.new("1", (816 + 9, 1216), picture.WHITE)), Media(102, 152))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L"])
def test_what_is_transparent_in_a_carriers_label_is_white(mode: str) -> None:
    dots = picture.draw(LABELS["tote"]())
    ink = ImageChops.invert(dots.convert("L"))
    if mode.endswith("A"):
        image = Image.new(mode, dots.size, 0)  # black all over
        image.putalpha(ink)
        sent = saved(image)
    else:  # the paper is a black of its own that is called transparent
        image = ink.point(lambda value: value == 0).convert(mode)
        sent = saved(image, transparency=1)
    assert picture.draw(passed_through(sent, Media(100, 50))).tobytes() == dots.tobytes()


def test_grey_of_16_bits_is_black_below_its_middle() -> None:
    image = Image.new("I;16", (812, 1218), 65_535)
    image.paste(33_000, (0, 0, 406, 1218))
    image.paste(32_000, (100, 100, 200, 200))
    assert picture.black_and_white(saved(image)).histogram()[0] == 100 * 100
    assert picture.black_and_white(saved(image, transparency=1)).histogram()[0] == 100 * 100


def saved(image: Image.Image, **how: int) -> bytes:
    """A picture as PNG."""
    out = io.BytesIO()
    image.save(out, "PNG", **how)
    return out.getvalue()


def test_a_symbol_in_a_job_is_the_one_that_was_asked_for() -> None:
    sketch = Sketch("code", Media(100, 50))
    sketch.code(Symbol("code128", "A^~B>C_D"), Box(0, 0, 800, 200), "own", name="code")
    assert "^GFA" in zpl.job(sketch.done()).decode()  # a > is drawn
    sketch = Sketch("code", Media(100, 50))
    sketch.code(Symbol("code128", "A^~B_D"), Box(0, 0, 800, 200), "own", name="code")
    assert "^FD>:A_5E_7EB_5FD^FS" in zpl.job(sketch.done()).decode()


def test_bars_wider_than_a_printer_makes_them_are_drawn() -> None:
    """^BY takes modules of at most ten dots."""
    for media, is_native in ((Media(100, 50), True), (Media(250, 100), False)):
        sketch = Sketch("code", media)
        sketch.code(Symbol("code128", "L0R"), sketch.room, "far" if not is_native else "location", name="code")
        (code,) = sketch.done().codes
        assert (code.module <= 10) == is_native
        assert ("^BCN" in zpl.job(sketch.done()).decode()) == is_native


@pytest.mark.parametrize(
    ("content", "field"),
    [("A_B", "6,!,1^FH\\^FDA\\5FB^FS"), ("A!B", "6,_,1^FH\\^FDA\\21B^FS"), ("_!$;", None)],
)
def test_the_sign_before_functions_is_one_that_the_content_has_not(content: str, field: str | None) -> None:
    sketch = Sketch("code", Media(50, 50))
    sketch.code(Symbol("datamatrix", content), Box(0, 0, 200, 200), "own", name="code")
    job = zpl.job(sketch.done()).decode()
    assert field in job if field else "^GFA" in job
