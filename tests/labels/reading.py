"""What tests of papers share: the text and the barcodes of a PDF, read back by programs that did not make it."""

from __future__ import annotations

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


def codes(data: bytes) -> list[str]:
    """Every barcode of the first page as a reader says it: format and content."""
    picture = pypdfium2.PdfDocument(data)[0].render(scale=DPI / 72).to_pil().convert("L")
    return sorted(f"{found.format.name} {found.text}" for found in zxingcpp.read_barcodes(picture))


def size_mm(data: bytes) -> tuple[int, int]:
    """Width and height of the first page."""
    width, height = pypdfium2.PdfDocument(data)[0].get_size()
    return round(width / 72 * 25.4), round(height / 72 * 25.4)
