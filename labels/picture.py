"""Picture: a label as the printer's dots, black and white; in colour for a preview."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageColor, ImageDraw

from labels import symbols
from labels.parts import Code, Fill, Label, Picture, Rule, Text
from labels.text import font, runs, width

SMALL_PX: Final = 480  # the longer side of a small picture, for a phone's screen
BLACK: Final = 0
WHITE: Final = 1


def draw(label: Label) -> Image.Image:
    """The label's dots, one bit each."""
    canvas = Image.new("1", (label.width, label.height), WHITE)
    pen = ImageDraw.Draw(canvas)
    for part in label.parts:
        match part:
            case Text():
                draw_text(pen, part)
            case Code():
                canvas.paste(bars(part), (part.box.x, part.box.y))
            case Rule():
                _black(pen, part)
            case Fill():
                _black(pen, part)
                for said in part.text:
                    draw_text(pen, said, WHITE)
            case Picture():
                canvas.paste(passed(part), (part.box.x, part.box.y))
    return canvas


def _black(pen: ImageDraw.ImageDraw, part: Rule | Fill) -> None:
    box = part.box
    pen.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), fill=BLACK)


def draw_text(pen: ImageDraw.ImageDraw, said: Text, ink: int = BLACK) -> None:
    """Text's lines, each on its baseline."""
    for number, line in enumerate(said.lines):
        x = left(said, line)
        for path, part in runs(line, said.bold):
            face = font(path, said.size)
            pen.text((x, said.box.y + said.baseline + number * said.leading), part, font=face, fill=ink, anchor="ls")
            x += round(face.getlength(part))


def left(said: Text, line: str) -> int:
    """Where a line begins."""
    spare = said.box.width - width(line, said.size, said.bold)
    return said.box.x + {"left": 0, "center": spare // 2, "right": spare}[said.align]


def bars(code: Code) -> Image.Image:
    """A symbol with its quiet zones."""
    rows = symbols.modules(code.symbol).rows
    small = Image.frombytes("L", (len(rows[0]), len(rows)), bytes(255 * (1 - dark) for row in rows for dark in row))
    is_linear = code.symbol.kind in symbols.LINEAR
    height = code.bar_height if is_linear else small.height * code.module
    large = small.resize((small.width * code.module, height), Image.Resampling.NEAREST).convert(
        "1", dither=Image.Dither.NONE
    )
    quiet_left, _, above = symbols.QUIET[code.symbol.kind]
    canvas = Image.new("1", (code.box.width, code.box.height), WHITE)
    canvas.paste(large, (quiet_left * code.module, above * code.module))
    return canvas


def passed(part: Picture) -> Image.Image:
    """A passed-through picture in black and white, at its own dots."""
    return black_and_white(part.png)


def black_and_white(png: bytes) -> Image.Image:
    """The dots of a PNG, one bit each. What is transparent in it is the white of the paper."""
    opened: Image.Image = Image.open(io.BytesIO(png))
    if opened.mode.startswith("I"):  # grey of 16 bits: Pillow would clip it, not scale it
        opened = opened.point(lambda value: value / 257).convert("L")
    if opened.has_transparency_data:
        opened = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened.convert("RGBA"))
    return opened.convert("L").point(lambda value: 255 * (value > 127)).convert("1", dither=Image.Dither.NONE)


def alone(part: Fill) -> Image.Image:
    """Only this bar with its text."""
    canvas = Image.new("1", (part.box.right, part.box.bottom), BLACK)
    for said in part.text:
        draw_text(ImageDraw.Draw(canvas), said, WHITE)
    return canvas.crop(part.box.corners)


def text_picture(said: Text) -> Image.Image:
    """Only this text, in its own box: for renderers that cannot set it themselves."""
    canvas = Image.new("1", (said.box.right, said.box.bottom), WHITE)
    draw_text(ImageDraw.Draw(canvas), said)
    return canvas.crop(said.box.corners)


def preview(label: Label) -> Image.Image:
    """The label as it looks on coloured paper or a screen: bars have their colours."""
    dots = draw(label)
    canvas = dots.convert("RGB")
    for part in label.parts:
        if isinstance(part, Fill):
            paper = Image.new("RGB", (part.box.width, part.box.height), ImageColor.getrgb(part.colour))
            paper.paste(ImageColor.getrgb(part.ink), mask=dots.crop(part.box.corners))
            canvas.paste(paper, (part.box.x, part.box.y))
    return canvas


def png(label: Label, *, is_coloured: bool = True) -> bytes:
    """The label as a PNG of its own dots, with the printer's resolution noted in it."""
    out = io.BytesIO()
    dpi = label.media.dots_per_mm * 25.4
    (preview(label) if is_coloured else draw(label)).save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def small_png(label: Label, most_px: int = SMALL_PX) -> bytes:
    """The label as a grey PNG to look at, neither side longer than `most_px`: each dot of it is some printer's dots."""
    dots = draw(label).convert("L")
    image = dots.reduce(max(1, -(-max(dots.size) // most_px)))
    out = io.BytesIO()
    image.quantize(16).save(out, "PNG", optimize=True)
    return out.getvalue()
