"""What tests of papers share: the text and the barcodes of a PDF, read back by programs that did not make it."""

from __future__ import annotations

import ctypes
import re

import pypdfium2
import zxingcpp

DPI = 200


def pages(data: bytes) -> list[str]:
    """The text of each page, blanks made single."""
    document = pypdfium2.PdfDocument(data)
    return [re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in document]


def text(data: bytes) -> str:
    """The text of all pages."""
    return " ".join(pages(data))


def letters(data: bytes) -> list[tuple[str, str, float, float]]:
    """Each letter of the first page, blanks left out: itself, its font, and where it begins and ends from the left."""
    page = pypdfium2.PdfDocument(data)[0].get_textpage()
    return [
        (char, _font(page, at), page.get_charbox(at)[0], page.get_charbox(at)[2])
        for at, char in enumerate(page.get_text_range())
        if char.strip()
    ]


def _font(page: pypdfium2.PdfTextPage, at: int) -> str:
    name = ctypes.create_string_buffer(100)
    pypdfium2.raw.FPDFText_GetFontInfo(page, at, name, 100, None)
    return name.value.decode()


def codes(data: bytes) -> list[str]:
    """Every barcode of the first page as a reader says it: format and content."""
    picture = pypdfium2.PdfDocument(data)[0].render(scale=DPI / 72).to_pil().convert("L")
    return sorted(f"{found.format.name} {found.text}" for found in zxingcpp.read_barcodes(picture))


def size_mm(data: bytes) -> tuple[int, int]:
    """Width and height of the first page."""
    width, height = pypdfium2.PdfDocument(data)[0].get_size()
    return round(width / 72 * 25.4), round(height / 72 * 25.4)
