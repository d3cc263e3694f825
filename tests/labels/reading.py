"""What tests of papers share: the text and the barcodes of a PDF, read back by programs that did not make it."""

from __future__ import annotations

import ctypes
import re
from typing import NamedTuple

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


class Letter(NamedTuple):
    """A letter on a page: its font, and where it is, in points from the left and from below."""

    char: str
    font: str
    left: float
    right: float
    bottom: float


def letters(data: bytes, number: int = 0) -> list[Letter]:
    """Each letter of a page, the first one unless another is asked for; blanks are left out."""
    page = pypdfium2.PdfDocument(data)[number].get_textpage()
    found = []
    for at, char in enumerate(page.get_text_range()):
        if char.strip():
            left, bottom, right, _ = page.get_charbox(at)
            found.append(Letter(char, _font(page, at), left, right, bottom))
    return found


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
