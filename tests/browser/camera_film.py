"""A film for Chromium's fake camera: labels that come into the picture and leave it again, as raw y4m video."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter

SIZE = (640, 480)
FPS = 20


@dataclass(frozen=True, slots=True)
class Shot:
    """One thing in front of the camera for a while; None shows an empty table, 'black' a dead stream."""

    label: Image.Image | str | None
    frames: int = 10
    turn: float = 0.0  # degrees
    blur: float = 0.0  # pixels


def label(text: str, symbology: str = "Code128", *, scale: int = 3, is_gs1: bool = False) -> Image.Image:
    """A printed label with its quiet zone."""
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology), gs1=is_gs1)
    picture = Image.fromarray(code.to_image(scale=scale))
    framed = Image.new("L", (picture.width + 60, picture.height + 60), 255)
    framed.paste(picture, (30, 30))
    return framed


def film(path: Path, shots: Sequence[Shot], *, times: int = 1) -> Path:
    """Write the film; Chromium plays it over and over."""
    rng = random.Random(3)  # noqa: S311 - grain of a picture
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(times):
            for shot in shots:
                picture = _picture(shot)
                for _ in range(shot.frames):
                    file.write(_frame(_grain(picture, rng, is_dead=shot.label == "black")))
    return path


def _picture(shot: Shot) -> Image.Image:
    if shot.label == "black":
        return Image.new("L", SIZE, 0)
    table = Image.new("L", SIZE, 120)
    if isinstance(shot.label, Image.Image):
        laid = shot.label.rotate(shot.turn, expand=True, fillcolor=120, resample=Image.Resampling.BICUBIC)
        table.paste(laid, ((SIZE[0] - laid.width) // 2, (SIZE[1] - laid.height) // 2))
    return table.filter(ImageFilter.GaussianBlur(shot.blur)) if shot.blur else table


def _grain(picture: Image.Image, rng: random.Random, *, is_dead: bool) -> Image.Image:
    if is_dead:
        return picture
    noise = Image.frombytes("L", (64, 48), rng.randbytes(64 * 48)).resize(SIZE).point(lambda value: 112 + value // 16)
    return Image.blend(picture, noise, 0.08)


def _frame(picture: Image.Image) -> bytes:
    chroma = bytes([128]) * (SIZE[0] * SIZE[1] // 2)
    return b"FRAME\n" + picture.tobytes() + chroma


def camera_args(path: Path) -> Iterable[str]:
    """What makes Chromium play a film as its camera, and allow the page to see it."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )
