"""Sketch: puts parts on a medium. Layouts speak millimetres; what comes out are whole dots, or a Refusal."""

from __future__ import annotations

from typing import Final

from labels import symbols, text
from labels.limits import SPARE_MM, Limit, limit
from labels.parts import Box, Code, Fill, Label, Media, Part, Rule, Symbol
from scanner.refusals import Refusal

COPY: Final = "COPY"


class Sketch:
    """A label in the making."""

    def __init__(self, name: str, media: Media, *, margin_mm: float = 2.0) -> None:
        self.name = name
        self.media = media
        self.parts: list[Part] = []
        width, height = media.dots(media.width_mm), media.dots(media.height_mm)
        self.page = Box(0, 0, width, height)
        self.room = self.page.inset(self.dots(margin_mm))

    def dots(self, mm: float) -> int:
        """Millimetres in whole dots."""
        return self.media.dots(mm)

    def text(
        self,
        words: str,
        box: Box,
        mm: float,
        *,
        least_mm: float = 1.8,
        bold: bool = False,
        align: str = "left",
        lines: int = 1,
        middle: bool = True,
        name: str = "",
    ) -> None:
        """Words in a box, capitals `mm` high at most. Nothing is drawn for none."""
        if text.visible(words) and box.width > 0 and box.height > 0:
            self.parts.append(
                text.fit(
                    words,
                    box,
                    largest=self.em(mm),
                    smallest=self.em(least_mm),
                    bold=bold,
                    align=align,
                    lines=lines,
                    middle=middle,
                    name=name,
                )
            )

    def headline(self, words: str, box: Box, mm: float, *, least_mm: float, lines: int = 1, name: str) -> None:
        """What a label is known by, in bold. Refusal `label_too_small` if it could not be `least_mm` high."""
        if box.width <= 0 or box.height < self.dots(least_mm):
            why = f"{max(0.0, self.media.mm(box.height)):.1f} mm are left for its name, and {least_mm} mm must be"
            raise Refusal("label_too_small", f"The label of {text.visible(words)[:40]}", why=why)
        self.text(words, box, mm, least_mm=least_mm, bold=True, lines=lines, name=name)

    def em(self, cap_mm: float) -> int:
        """The size in dots of a font whose capitals are so high."""
        return max(4, round(cap_mm / text.CAP * self.media.dots_per_mm))

    def rule(self, box: Box, name: str = "rule") -> None:
        """A black line."""
        self.parts.append(Rule(box, name))

    def fill(
        self, box: Box, words: str, mm: float, *, colour: str = "#000000", ink: str = "#ffffff", name: str
    ) -> None:
        """A bar with one line of bold text in its middle."""
        beside, above = self.dots(0.8), max(self.dots(0.8), box.height // 7)
        inner = Box(box.x + beside, box.y + above, box.width - 2 * beside, box.height - 2 * above)
        said = text.fit(words, inner, largest=self.em(mm), smallest=self.em(1.8), bold=True, align="center", name=name)
        self.parts.append(Fill(box, (said,), colour, ink, name))

    def code(
        self, symbol: Symbol, box: Box, use: str, *, name: str, most_mm: float = 99.0, align: str = "center"
    ) -> Code:
        """A symbol as large as its box and `most_mm` (of a module) allow. Refusal `label_too_small` if it cannot be."""
        rows = limit(use, symbol.kind)
        drawn = symbols.modules(symbol)
        _check_length(symbol, rows)
        module = self._module(symbol, box, rows, drawn, most_mm)
        left, right, beside = symbols.QUIET[symbol.kind]
        width = (drawn.columns + left + right) * module
        height = box.height if symbol.kind in symbols.LINEAR else (len(drawn.rows) + 2 * beside) * module
        x = {"left": box.x, "center": box.x + (box.width - width) // 2, "right": box.right - width}[align]
        y = box.y + (box.height - height) // 2
        bars = height - 2 * beside * module
        self._check_height(symbol, rows, bars, module)
        placed = Code(Box(x, y, width, height), symbol, module, bars, use, name)
        self.parts.append(placed)
        return placed

    def _module(self, symbol: Symbol, box: Box, rows: Limit, drawn: symbols.Modules, most_mm: float) -> int:
        """Dots of a module: the most that fit and are allowed."""
        left, right, beside = symbols.QUIET[symbol.kind]
        across = drawn.columns + left + right
        module = box.width // across
        if symbol.kind not in symbols.LINEAR:
            module = min(module, box.height // (len(drawn.rows) + 2 * beside))
        while module > 1 and self.media.mm(module) > min(rows.most_mm, most_mm) + SPARE_MM:
            module -= 1
        if rows.height_x:  # the bars of EAN and UPC grow with their modules
            module = min(module, int((box.height + 1) / rows.height_x))
        if rows.width_mm:
            module = min(module, int(self.media.dots_per_mm * rows.width_mm) // across)
        if self.media.mm(module) < rows.least_mm - SPARE_MM:
            raise self._too_small(symbol, box, rows, across, module)
        return module

    def least_module(self, rows: Limit) -> int:
        """The fewest dots of a module that a limit allows."""
        return next(dots for dots in range(1, 999) if self.media.mm(dots) >= rows.least_mm - SPARE_MM)

    def least_width(self, symbol: Symbol, use: str) -> int:
        """How many dots the symbol needs at least, quiet zones included."""
        left, right, _ = symbols.QUIET[symbol.kind]
        return (symbols.modules(symbol).columns + left + right) * self.least_module(limit(use, symbol.kind))

    def _too_small(self, symbol: Symbol, box: Box, rows: Limit, across: int, module: int) -> Refusal:
        least = self.least_module(rows)
        if self.media.mm(least) > rows.most_mm + SPARE_MM:
            why = f"no whole number of dots lies between {rows.least_mm} and {rows.most_mm} mm at {self.media.dpi} dpi"
        else:
            why = (
                f"its modules would be {self.media.mm(module):.3f} mm and must be {rows.least_mm} mm at least; it "
                f"needs {self.media.mm(least * across):.1f} mm and has {self.media.mm(box.width):.1f} by "
                f"{self.media.mm(min(box.height, self.room.height)):.1f} mm"
            )
        return Refusal("label_too_small", symbols.shown(symbol), why=f"{why} ({rows.source})")

    def _check_height(self, symbol: Symbol, rows: Limit, bars: int, module: int) -> None:
        if symbol.kind not in symbols.LINEAR:
            return
        least = rows.least_height_mm(self.media.mm(module))
        if self.media.mm(bars + 1) < least:
            why = f"its bars would be {self.media.mm(bars):.1f} mm high and must be {least:.2f} mm ({rows.source})"
            raise Refusal("label_too_small", symbols.shown(symbol), why=why)

    def columns(self, box: Box, *shares: float, gap_mm: float = 2.0) -> list[Box]:
        """The box cut into columns by their shares, with a gap between."""
        gap = self.dots(gap_mm)
        room = box.width - gap * (len(shares) - 1)
        cut, x = [], box.x
        for share in shares:
            width = int(room * share / sum(shares))
            cut.append(Box(x, box.y, width, box.height))
            x += width + gap
        return cut

    def rows(self, box: Box, *heights_mm: float, gap_mm: float = 1.0) -> list[Box]:
        """The box cut into rows of these heights; one of them may be 0 and takes what is left."""
        gap = self.dots(gap_mm)
        fixed = sum(self.dots(mm) for mm in heights_mm) + gap * (len(heights_mm) - 1)
        cut, y = [], box.y
        for mm in heights_mm:
            height = self.dots(mm) if mm else max(0, box.height - fixed)
            cut.append(Box(box.x, y, box.width, height))
            y += height + gap
        return cut

    def done(self, *, reading_m: float | None = None) -> Label:
        """The finished label."""
        return Label(self.name, self.media, tuple(self.parts), reading_m)


def _check_length(symbol: Symbol, rows: Limit) -> None:
    if rows.characters and len(symbol.content) > rows.characters:
        why = f"it has {len(symbol.content)} characters and may have {rows.characters} ({rows.source})"
        raise Refusal("label_too_small", symbols.shown(symbol), why=why)
