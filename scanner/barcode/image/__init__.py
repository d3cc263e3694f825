"""Photos: every barcode in a picture, read by two engines within a deadline, in a process that may die of it.

    read_photo(data) -> list[ReadCode]

    keeper, wire    this side: start the child, ask it, give up in time
    child           the other side: limits, then photo -> cascade -> votes
    photo           bytes -> upright gray picture, or a refusal
    region, view    where bars are, how they are turned, and the way back to the photo's pixels
    engines         zxing-cpp and zbar in one form

This process loads no image library: a picture cannot harm what it never meets, and 20 MB are saved.
"""

from __future__ import annotations

from typing import Final

from scanner.barcode.image import keeper, wire
from scanner.barcode.image.code import ReadCode, from_json
from scanner.refusals import Refusal

__all__ = ["BUDGET_MS", "MOST_BYTES", "ReadCode", "read_photo"]

BUDGET_MS: Final = 150  # decoding included; what people do not feel as waiting, after the upload
MOST_BYTES: Final = 20 * 1024 * 1024  # the largest JPEG of a 50 MP phone has about 15 MB


def read_photo(data: bytes, *, budget_ms: float = BUDGET_MS) -> list[ReadCode]:
    """Every code of a photo (JPEG, PNG, WebP, BMP or GIF), from top to bottom; none if there is none that can be read.

    Nothing of the photo is kept. Raises Refusal for what is no such photo (photo_empty, photo_too_large,
    photo_too_many_pixels, photo_no_image, photo_animated, photo_broken), for one that the reader died of or hung on
    (photo_unread), and when too many others wait (photos_wait).
    """
    if not data:
        raise Refusal("photo_empty")
    if len(data) > MOST_BYTES:
        raise Refusal("photo_too_large", wanted=f"{MOST_BYTES // 1024**2} MB")
    facts = keeper.ask(data, budget_ms)
    if "refused" in facts:
        raise wire.refusal_of(facts)
    return [from_json(code) for code in facts["codes"]]
