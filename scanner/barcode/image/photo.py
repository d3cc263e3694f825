"""Photo: from bytes that nobody vouches for to an upright gray picture, or the reason why not.

What the file says of itself is checked before any pixel of it is decoded. All of this runs in the child process.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, UnidentifiedImageError

from scanner.barcode.image.engines import gray
from scanner.barcode.image.view import View
from scanner.refusals import Refusal

# What phones and handheld imagers send. BMP is what industrial imagers' capture writes; GIF is a picture saved from a
# page. HEIC and TIFF need large decoders with a long record of holes; iOS turns HEIC into JPEG by itself on upload.
FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
MOST_PIXELS: Final = 64_000_000  # the "50 MP" of phones are up to 51; a decoded gray picture then takes 64 MB
MOST_SIDE: Final = 20_000
PLENTY: Final = 2560  # pixels on the long side; a JPEG with far more is decoded smaller, which is much faster


def open_photo(data: bytes) -> View:
    """The photo, upright and gray. Its matrix leads to the pixels of the upright original. Raises Refusal."""
    with _refusing():
        image = _opened(data)
        _check(image)
        turn = _TURNS.get(_orientation(image))
        width, height = image.size[::-1] if turn in _ON_ITS_SIDE else image.size
        image.draft("L", _draft_size(image))
        image.load()  # here, not somewhere later: half a file shows only now
        upright = gray(image)
        if turn is not None:
            upright = upright.transpose(turn)
        return View(upright, (width / upright.width, 0, 0, 0, height / upright.height, 0))


def _opened(data: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own limit stands in _check, for all formats alike
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _check(image: Image.Image) -> None:
    """A JPEG of several pictures (MPO) is what phones make of depth and brightness maps: its first is the photo."""
    if image.width * image.height > MOST_PIXELS or max(image.size) > MOST_SIDE:
        raise Refusal("photo_too_many_pixels", f"{image.width} x {image.height}", f"{MOST_PIXELS // 10**6} million")
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise Refusal("photo_animated")


def _draft_size(image: Image.Image) -> tuple[int, int]:
    """At least PLENTY on the long side, or all there is."""
    share = min(1.0, PLENTY / max(image.size))
    return round(image.width * share), round(image.height * share)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (ValueError, TypeError, OSError, SyntaxError, struct.error, OverflowError):
        return 1  # EXIF data that cannot be read says nothing; the picture may be fine


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever a decoder raises on such bytes is told as one of our reasons."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of doubtful metadata, which is not used
            yield
    except UnidentifiedImageError as error:
        raise Refusal("photo_no_image") from error
    except MemoryError as error:
        raise Refusal("photo_too_many_pixels", "it", f"{MOST_PIXELS // 10**6} million") from error
    except Refusal:
        raise
    except Exception as error:  # decoders of broken data raise nearly anything
        raise Refusal("photo_broken") from error


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE: Final = frozenset(_TURNS[number] for number in (5, 6, 7, 8))
