"""Symbols: who draws what, why, and what is refused."""

from __future__ import annotations

import barcode
import pytest
import zxingcpp
from hypothesis import given
from PIL import Image

from labels import symbols
from labels.parts import Symbol
from labels.symbols import modules
from scanner.refusals import Refusal
from tests.labels.payloads import codes, quick


def read(rows: tuple[bytes, ...], kind: str) -> list[str]:
    """What zxing-cpp reads of modules, drawn with four dots each."""
    small = Image.frombytes("L", (len(rows[0]), len(rows)), bytes(255 * (1 - dark) for row in rows for dark in row))
    large = small.resize((small.width * 4, 100 if len(rows) == 1 else small.height * 4), Image.Resampling.NEAREST)
    sheet = Image.new("L", (large.width + 100, large.height + 100), 255)
    sheet.paste(large, (50, 50))
    found = zxingcpp.read_barcodes(
        sheet, formats=zxingcpp.BarcodeFormats(symbols.FORMATS[kind]), text_mode=zxingcpp.TextMode.Plain
    )
    return [f"{each.symbology_identifier}{each.text}" for each in found]


def test_python_barcode_still_loses_the_99_of_code_128() -> None:
    """When this fails, symbols.LOST_BY_PYTHON_BARCODE can go."""
    bars = (bytes(map(int, barcode.get("code128", "9912345").build()[0])),)
    assert read(bars, "code128") != ["]C09912345"]
    assert read(modules(Symbol("code128", "9912345")).rows, "code128") == ["]C09912345"]


def test_python_barcode_still_spends_more_on_an_sscc() -> None:
    assert len(barcode.get("code128", "\xf100395060001343520001").build()[0]) == 167
    assert modules(Symbol("gs1_128", "00395060001343520001")).columns == 156


@quick(203)
@given(codes)
def test_code_128_says_any_ascii_text(text: str) -> None:
    assert read(modules(Symbol("code128", text)).rows, "code128") == [f"]C0{text}"]


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("gs1_128", "10A(B)\x1d21x", "]C110A(B)\x1d21x"),
        ("gs1_128", "0109506000134352172712311099AB\x1d21x", "]C10109506000134352172712311099AB\x1d21x"),
        ("gs1_datamatrix", "01095060001343521099AB\x1d21x", "]d201095060001343521099AB\x1d21x"),
        ("gs1_qr", "0109506000134352", "]Q30109506000134352"),
        ("ean13", "9506000134352", "]E09506000134352"),
        ("ean8", "95060002", "]E495060002"),
        ("upca", "012345678905", "]E00012345678905"),
        ("qr", "Größe 日本", "]Q1Größe 日本"),
        ("datamatrix", "LA0302A", "]d1LA0302A"),
    ],
)
def test_each_kind_says_its_content_and_its_kind(kind: str, content: str, said: str) -> None:
    assert read(modules(Symbol(kind, content)).rows, kind) == [said]


def test_a_data_matrix_is_a_square() -> None:
    for length in range(1, 60):
        found = modules(Symbol("datamatrix", "A" * length))
        assert found.columns == len(found.rows)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("code128", ""),
        ("code128", "a\x1bb"),
        ("code128", "Ä"),
        ("code128", "1" * 257),
        ("datamatrix", "a\x1db"),
        ("ean13", "9506000134353"),
        ("ean13", "950600013435"),
        ("ean8", "٩٥٠٦٠٠٠٢"),
        ("itf14", "1950600013435"),
        ("gs1_128", "0109506000134353"),
        ("gs1_datamatrix", "no fields"),
        ("gs1_datamatrix", "10A(B)"),
    ],
)
def test_what_no_symbol_can_say_is_refused(kind: str, content: str) -> None:
    with pytest.raises(Refusal, match="label_bad_content"):
        modules(Symbol(kind, content))
