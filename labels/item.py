"""Item: the label on a piece or a box of goods, from 25 x 25 mm to a shelf label.

An item with a GTIN gets GS1 data: Data Matrix with (01)(17)(10)(21), the field of variable length last, so that a
scanner which loses separators still reads it; GS1-128 or EAN/UPC where there is width for it. An item without one gets
its SKU in our own right: Code 128, or Data Matrix where that is too wide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from labels.frame import barcode, copy_mark, grid
from labels.limits import limit
from labels.parts import Box, Label, Media, Symbol
from labels.sketch import Sketch
from labels.symbols import QUIET, modules
from scanner.barcode import gs1, gs1_checks, keys
from scanner.refusals import Refusal

SYMBOLS = ("auto", "gs1_datamatrix", "gs1_128", "ean", "code128", "datamatrix")
_SMALL_MM = 32.0  # below this height or width there is room for a square symbol and four lines
_WIDE_MM = 0.4  # wider bars than this only take room from the words
_WORDS_MM = 10.5  # with the human-readable line
_MOST_BARS = 12  # characters of our own code that bars are wide enough for
_EAN_KINDS = {8: "ean8", 12: "upca", 13: "ean13"}


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What an item's label says. `gtin` has 8, 12, 13 or 14 digits or is empty; `quantity` is of base units inside."""

    sku: str
    description: str = ""
    gtin: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None
    best_before: date | None = None  # the other of the two dates
    quantity: int | None = None
    unit: str = ""
    code: str = ""  # that of a pack without a GTIN; its SKU stands for one


def item(facts: ItemFacts, media: Media, *, symbol: str = "auto", is_copy: bool = False) -> Label:
    """The label. `symbol` is one of SYMBOLS; "auto" takes the first that fits and leaves the words their room.

    With "auto" what GS1 data cannot hold stands in words only. Refusals: `label_bad_content` for a GTIN that is none
    and for what the chosen symbol does not hold, `label_too_small` if none fits.
    """
    ways = _ways(facts) if symbol == "auto" else [(facts, symbol)]
    made: list[Label] = []
    for coded, kind in ways:
        try:
            made.append(_drawn(facts, media, symbol_of(coded, kind), is_copy=is_copy))
        except Refusal as refusal:
            if refusal.code != "label_too_small" or ((coded, kind) == ways[-1] and not made):
                raise
        else:
            if _has_words(made[-1], facts):
                return made[-1]
    return made[0]


def _ways(facts: ItemFacts) -> list[tuple[ItemFacts, str]]:
    """What may be coded, and in which kind of symbol, the best first."""
    coded = _held(facts)
    plain = replace(coded, lot=_without_brackets(coded.lot), serial=_without_brackets(coded.serial))
    bars = [(coded, "gs1_128")] if coded.gtin and coded != plain else []
    return [*bars, *((plain, kind) for kind in _kinds(plain))]


def _without_brackets(value: str) -> str:
    """Our writer of Data Matrix takes brackets in GS1 data for its own."""
    return "" if set(value) & set("()") else value


def _held(facts: ItemFacts) -> ItemFacts:
    """The facts without what GS1 data cannot hold.

    That is a GTIN without its measure, a lot or a serial of other signs, and a day of another century than its two
    digits would be read as.
    """
    return replace(
        facts,
        gtin="" if keys.is_variable(facts.gtin) else facts.gtin,
        lot=facts.lot if _is_gs1("10", facts.lot) else "",
        serial=facts.serial if _is_gs1("21", facts.serial) else "",
        expires_on=facts.expires_on if _is_sayable(facts.expires_on) else None,
        best_before=facts.best_before if _is_sayable(facts.best_before) else None,
    )


def _is_sayable(day: date | None) -> bool:
    return day is not None and gs1_checks.day(_six(day)) == day


def _six(day: date) -> str:
    return f"{day:%y%m%d}"


def _is_gs1(ai: str, value: str) -> bool:
    try:
        gs1.element_string({ai: value})
    except ValueError:
        return False
    return True


def _kinds(facts: ItemFacts) -> tuple[str, ...]:
    """What may stand on the label, the best first; the last one needs the least room."""
    if facts.gtin and (facts.lot or facts.serial or facts.expires_on or facts.best_before):
        return ("gs1_datamatrix",)
    if facts.gtin:
        return ("ean" if len(_short(facts.gtin)) in _EAN_KINDS else "gs1_128", "gs1_datamatrix")
    code = facts.code or facts.sku
    return ("code128", "datamatrix") if code.isascii() and len(code) <= _MOST_BARS else ("datamatrix",)


def _has_words(label: Label, facts: ItemFacts) -> bool:
    there = {part.name for part in label.parts}
    return "sku" in there and ("description" in there or not facts.description)


def _drawn(facts: ItemFacts, media: Media, chosen: Symbol, *, is_copy: bool) -> Label:
    sketch = Sketch(f"item {facts.sku}", media, margin_mm=1.5)
    draw = _square if chosen.kind.endswith("datamatrix") else _long
    draw(sketch, facts, chosen, is_copy=is_copy)
    return sketch.done()


def symbol_of(facts: ItemFacts, kind: str) -> Symbol:
    """The symbol of one of SYMBOLS but "auto". Refusal `label_bad_content` if it cannot say what there is to say."""
    if kind in {"code128", "datamatrix"}:
        return Symbol(kind, facts.code or facts.sku)
    if keys.gtin(facts.gtin) is None:
        why = "it is no GTIN: its check digit or its length is wrong" if facts.gtin else "it has no GTIN to put into it"
        raise Refusal("label_bad_content", facts.gtin or facts.sku, why=why)
    if keys.is_variable(facts.gtin):
        why = "it is of variable measure: GS1 data would have to say the measure too"
        raise Refusal("label_bad_content", facts.gtin, why=why)
    if kind != "ean":
        return Symbol(kind, element_string(facts))
    digits = _short(facts.gtin)
    if len(digits) not in _EAN_KINDS:
        raise Refusal("label_bad_content", facts.gtin, why="EAN and UPC have no room for a GTIN of 14 digits")
    return Symbol(_EAN_KINDS[len(digits)], digits)


def _short(gtin: str) -> str:
    """A GTIN in as many digits as the smallest of EAN-8, UPC-A and EAN-13 that holds it; else as it is."""
    digits = gtin.lstrip("0") if len(gtin) == 14 and gtin[0] == "0" else gtin
    return digits.zfill(next((length for length in sorted(_EAN_KINDS) if length >= len(digits)), 14))


def element_string(facts: ItemFacts) -> str:
    """The GS1 data: (01), then (15) or (17), then (10) and (21), whose length varies. Refuses label_bad_content."""
    ais = {"01": facts.gtin.zfill(14)}
    day = facts.expires_on or facts.best_before
    if day:
        if not _is_sayable(day):
            raise Refusal("label_bad_content", day.isoformat(), why="its two digits of a year would be read as another")
        ais["17" if facts.expires_on else "15"] = _six(day)
    if facts.lot:
        ais["10"] = facts.lot
    if facts.serial:
        ais["21"] = facts.serial
    try:
        return gs1.element_string(ais)
    except ValueError as error:
        raise Refusal("label_bad_content", facts.sku, why="its lot or serial is no GS1 data") from error


def _lines(facts: ItemFacts) -> list[tuple[str, str]]:
    """Title and value of what stands beside the code, the most looked-for first."""
    quantity = f"{facts.quantity} {facts.unit}".strip() if facts.quantity is not None else ""
    day = facts.expires_on or facts.best_before
    title = "Expires" if facts.expires_on else "Best before"
    found = [("Lot", facts.lot), (title, day.isoformat() if day else ""), ("Serial", facts.serial), ("Qty", quantity)]
    return [(title, value) for title, value in found if value]


def _square(sketch: Sketch, facts: ItemFacts, chosen: Symbol, *, is_copy: bool) -> None:
    """A square symbol on the left; on small labels what is to read stands below it, else beside it."""
    room = sketch.room
    is_small = sketch.media.width_mm < _SMALL_MM * 1.25
    if is_small:
        _square_small(sketch, facts, chosen, is_copy=is_copy)
        return
    side = min(room.height, room.width * 2 // 5)
    use = "own" if chosen.kind == "datamatrix" else "item"
    placed = sketch.code(chosen, Box(room.x, room.y, side, room.height), use, name="code", align="left")
    left = placed.box.right + sketch.dots(1.5)
    _beside(sketch, facts, Box(left, room.y, room.right - left, room.height), is_copy=is_copy)


def _beside(sketch: Sketch, facts: ItemFacts, box: Box, *, is_copy: bool) -> None:
    lines = _lines(facts)
    height = sketch.media.mm(box.height)
    rows = (len(lines) + 1) // 2
    grown = _grown(sketch)
    field_mm = min(8.0 * grown, height * 0.5 / rows) if rows else 0.0
    head, foot = sketch.rows(box, 0, field_mm * rows, gap_mm=0.8 if rows else 0)
    _title(sketch, facts, head, is_copy=is_copy)
    grid(sketch, foot, lines, columns=2, mm=3.2 * grown, title_mm=1.4 * grown)


def _title(sketch: Sketch, facts: ItemFacts, box: Box, *, is_copy: bool) -> None:
    """SKU in bold, the description below it, the GTIN last."""
    height, grown = sketch.media.mm(box.height), _grown(sketch)
    gtin_mm = 2.6 * grown if facts.gtin and height > 12 else 0.01
    sku, words, gtin = sketch.rows(box, min(9.0 * grown, height * 0.36), 0, gtin_mm, gap_mm=0.4)
    if is_copy:
        sku, mark = sketch.columns(sku, 3, 1, gap_mm=1)
        copy_mark(sketch, mark, mm=2.0 * grown)
    sketch.text(facts.sku, sku, 5.0 * grown, least_mm=1.8, bold=True, name="sku")
    sketch.text(facts.description, words, 3.0 * grown, least_mm=1.5, lines=4, middle=False, name="description")
    if gtin_mm > 1:
        sketch.text(f"GTIN {facts.gtin}", gtin, 1.6 * grown, least_mm=1.2, name="gtin")


def _grown(sketch: Sketch) -> float:
    """How much larger than on a label of 50 mm the words are: one of 4 x 6 in hangs on a pallet, not on a shelf."""
    return max(1.0, min(sketch.media.width_mm, sketch.media.height_mm) / 50)


def _square_small(sketch: Sketch, facts: ItemFacts, chosen: Symbol, *, is_copy: bool) -> None:
    """25 x 25 mm: SKU above, symbol in the middle with the short fields beside it, the description below."""
    room = sketch.room
    sku, middle, foot = sketch.rows(room, 2.9, 0, 4.2, gap_mm=0.2)
    if is_copy:
        sku, mark = sketch.columns(sku, 2, 1, gap_mm=0.5)
        copy_mark(sketch, mark, mm=1.5)
    sketch.text(facts.sku, sku, 2.2, least_mm=1.3, bold=True, name="sku")
    use = "own" if chosen.kind == "datamatrix" else "item"
    lines = _lines(facts)
    placed = sketch.code(chosen, middle, use, name="code", align="left" if lines else "center")
    left = placed.box.right + sketch.dots(0.4)  # a J reaches out of its box to the left
    beside = Box(left, middle.y, middle.right - left, middle.height)
    if lines and beside.width >= sketch.dots(5):
        grid(sketch, beside, lines, columns=1, mm=1.8, title_mm=1.0, bold=False, least_mm=1.0)
    sketch.text(facts.description, foot, 1.7, least_mm=1.2, lines=2, name="description")


def _long(sketch: Sketch, facts: ItemFacts, chosen: Symbol, *, is_copy: bool) -> None:
    """A linear symbol at the foot, what is to read above it."""
    use = "own" if chosen.kind == "code128" else "item"
    module_mm, bars_mm = _bars(sketch, chosen, use)
    head, foot = sketch.rows(sketch.room, 0, bars_mm + 3.8, gap_mm=0.8)
    words = None if chosen.kind == "gs1_128" else chosen.content
    barcode(sketch, chosen, foot, use, name="code", hri_mm=2.0, most_mm=module_mm, words=words)
    lines, grown = _lines(facts), _grown(sketch)
    left, right = sketch.columns(head, 3, 1.4) if lines else (head, head)
    _title(sketch, replace(facts, gtin=""), left, is_copy=is_copy)  # the symbol's own line says it
    grid(sketch, right, lines, columns=1, mm=2.6 * grown, title_mm=1.2 * grown)


def _bars(sketch: Sketch, chosen: Symbol, use: str) -> tuple[float, float]:
    """Module and height of the bars, in mm: the widest module that leaves the words their room, else the narrowest."""
    rows = limit(use, chosen.kind)
    across = modules(chosen).columns + sum(QUIET[chosen.kind][:2])
    least = sketch.least_module(rows)
    room_mm = sketch.media.mm(sketch.room.height)
    widest = min(sketch.room.width // across, sketch.dots(min(rows.most_mm, _WIDE_MM)))
    for dots in range(max(widest, least), least - 1, -1):
        module_mm = sketch.media.mm(dots)
        bars_mm = rows.least_height_mm(module_mm) + 0.2
        if room_mm - bars_mm >= _WORDS_MM:
            break
    return module_mm, bars_mm if rows.height_x else max(bars_mm, room_mm * 0.4)
