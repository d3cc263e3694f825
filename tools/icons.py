"""Draws the app's icons into static/icons: a dock with three bars, as SVG and as PNG in the sizes a phone asks for.

Run: python tools/icons.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).parent.parent / "static" / "icons"
GROUND, INK, BEAM = "#10151c", "#ffffff", "#ffb000"
# On a field of 100: bars of a barcode, the dock's floor, and the scanner's beam across them.
BARS = ((24, 6), (34, 3), (41, 9), (54, 3), (61, 6), (71, 5))  # left edge, width
TOP, BOTTOM = 24, 68
FLOOR = (18, 76, 82, 82)
BEAM_LINE = (14, 44, 86, 49)
DRAWN_AT = 4  # drawn larger, then reduced, for smooth edges


def main() -> None:
    """Writes scandock.svg, scandock-192.png, scandock-512.png and scandock-512-maskable.png."""
    (ICONS / "scandock.svg").write_text(svg(), encoding="utf-8")
    for size in (192, 512):
        png(size, corner=22).save(ICONS / f"scandock-{size}.png", optimize=True)
    png(512, corner=0, shrink=0.8).save(ICONS / "scandock-512-maskable.png", optimize=True)


def shapes() -> list[tuple[tuple[float, float, float, float], str]]:
    """Rectangles from back to front, on a field of 100, each with its colour."""
    bars = [((left, TOP, left + width, BOTTOM), INK) for left, width in BARS]
    return [*bars, (FLOOR, INK), (BEAM_LINE, BEAM)]


def svg() -> str:
    """The icon as SVG."""
    rects = "".join(
        f'<rect x="{x}" y="{y}" width="{right - x}" height="{bottom - y}" fill="{colour}"/>'
        for (x, y, right, bottom), colour in shapes()
    )
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    return f'{head}<rect width="100" height="100" rx="22" fill="{GROUND}"/>{rects}</svg>\n'


def png(size: int, corner: int, shrink: float = 1.0) -> Image.Image:
    """The icon in pixels. `shrink` keeps the drawing inside a maskable icon's safe circle."""
    side = size * DRAWN_AT
    scale = side / 100
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=corner * scale, fill=GROUND)
    for box, colour in shapes():
        draw.rectangle([(50 + (edge - 50) * shrink) * scale for edge in box], fill=colour)
    return image.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
