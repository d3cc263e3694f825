"""Pictures of labels that the project makes itself: rendered by zxing-cpp's writer, then spoiled as real photos are."""

from __future__ import annotations

import io
from typing import Any

import zxingcpp
from PIL import Image, ImageChops, ImageFilter

PAPER = 255
DESK = 150  # what lies around a label
F = zxingcpp.BarcodeFormat

# symbology as ReadCode names it: format to write, text to write, raw text to read, AIM identifier
SAMPLES: dict[str, tuple[Any, str, str, str]] = {
    "EAN13": (F.EAN13, "4006381333931", "4006381333931", "]E0"),
    "EAN8": (F.EAN8, "96385074", "96385074", "]E4"),
    "UPCA": (F.UPCA, "036602301467", "036602301467", "]E0"),
    "UPCE": (F.UPCE, "01234565", "012345000065", "]E0"),
    "Code39": (F.Code39, "BOX-1207", "BOX-1207", "]A0"),
    "Code93": (F.Code93, "PALLET-77", "PALLET-77", "]G0"),
    "Code128": (F.Code128, "LA0302A", "LA0302A", "]C0"),
    "GS1-128": (F.Code128, "(01)04006381333931(10)B77(21)9", "010400638133393110B77\x1d219", "]C1"),
    "ITF": (F.ITF, "14006381333938", "14006381333938", "]I1"),
    "Codabar": (F.Codabar, "A40156B", "A40156B", "]F0"),
    "DataBarOmni": (F.DataBarOmni, "0104412345678909", "0104412345678909", "]e0"),
    "DataBarLtd": (F.DataBarLtd, "0104412345678909", "0104412345678909", "]e0"),
    "DataBarExp": (F.DataBarExp, "(01)04006381333931(10)B7", "010400638133393110B7", "]e0"),
    "DataBarExpStk": (F.DataBarExpStk, "(01)04006381333931(10)B7", "010400638133393110B7", "]e0"),
    "QRCode": (F.QRCode, "Größe 38 ✓", "Größe 38 ✓", "]Q1"),
    "GS1 QR": (F.QRCode, "(01)04006381333931(10)B7", "010400638133393110B7", "]Q3"),
    "Digital Link": (
        *(F.QRCode, "https://id.gs1.org/01/04006381333931/10/B7"),
        *("https://id.gs1.org/01/04006381333931/10/B7", "]Q1"),
    ),
    "DataMatrix": (F.DataMatrix, "SN-000123", "SN-000123", "]d1"),
    "GS1 DataMatrix": (F.DataMatrix, "(01)04006381333931(21)77", "01040063813339312177", "]d2"),
    "PDF417": (F.PDF417, "shipment 8812 of 2026", "shipment 8812 of 2026", "]L2"),
    "Aztec": (F.Aztec, "boarding 7F", "boarding 7F", "]z0"),
}


def label(name: str, module_px: int = 3) -> Image.Image:
    """The symbol of SAMPLES on white paper with its quiet zone."""
    kind, text, _raw, aim = SAMPLES[name]
    return symbol(kind, text, module_px, is_gs1=aim in ("]C1", "]Q3", "]d2"))


def symbol(kind: Any, text: str | bytes, module_px: int = 3, *, is_gs1: bool = False) -> Image.Image:
    """Any symbol on white paper."""
    options = {"gs1": True} if is_gs1 else {}
    made = zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind, **options), scale=module_px)
    height, width = made.shape
    image = Image.frombytes("L", (width, height), memoryview(made).tobytes())  # type: ignore[arg-type] # it is one
    paper = Image.new("L", (width + 20 * module_px, height + 20 * module_px), PAPER)
    paper.paste(image, (10 * module_px, 10 * module_px))
    return paper


def photo_of(*labels: Image.Image, size: tuple[int, int] = (1000, 750)) -> Image.Image:
    """Labels on a gray desk, one below the other."""
    desk = Image.new("L", size, DESK)
    y = 20
    for one in labels:
        desk.paste(one, ((size[0] - one.width) // 2, y))
        y += one.height + 20
    return desk


def noisy(image: Image.Image, sigma: float) -> Image.Image:
    """The sensor's noise in bad light."""
    return ImageChops.add(image, Image.effect_noise(image.size, sigma), offset=-128)


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Out of focus."""
    return image.filter(ImageFilter.GaussianBlur(radius))


def turned(image: Image.Image, degrees: float) -> Image.Image:
    """Held askew."""
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=DESK)


def dim(image: Image.Image, contrast: float, floor: int = 60) -> Image.Image:
    """Little contrast."""
    return image.point(lambda value: round(floor + value * contrast))


def shaded(image: Image.Image, darkest: float = 0.25) -> Image.Image:
    """A shadow that falls across."""
    slope = Image.linear_gradient("L").rotate(90).resize(image.size)
    return ImageChops.multiply(image, slope.point(lambda value: round(255 * darkest + value * (1 - darkest))))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
