"""Card: badges, command cards with their words, quantities, carton types, and the labels of benches and stations."""

from __future__ import annotations

from dataclasses import dataclass

from labels.frame import barcode, copy_mark
from labels.parts import Box, Label, Media, Symbol
from labels.sketch import Sketch
from scanner.barcode import own


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says: a large title, our code, what it is for, and what kind of card it is."""

    title: str
    code: str
    says: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class BadgeFacts:
    """What a badge says. Its code is a secret, so it is not written out."""

    name: str
    code: str
    role: str = ""
    site: str = ""


# What each word does, in the station's own words. Those that have no word here show none.
SAYS = {
    "OK": "Yes, as shown",
    "UNDO": "Take back my last scan",
    "SHORT": "There is less than wanted",
    "FULL": "No more fits in here",
    "SKIP": "Later, not now",
    "DONE": "This task is finished",
    "ALL": "All that is left",
    "PRINT": "Print the last label again",
    "HELP": "Call a supervisor",
    "DAMAGED": "The goods are damaged",
    "EMPTY": "There is nothing here",
    "PAUSE": "I will go on later",
    "BACK": "One step back",
    "HOME": "Start page",
    "CLOSE": "Close this unit",
    "LOGOUT": "Sign out",
    "RESELL": "As new: back on sale",
    "REPACK": "Good, in a new package",
    "QUARANTINE": "Set aside until somebody decides",
    "SCRAP": "Of no more use",
}
GRADES = {"RESELL": "A", "REPACK": "B", "QUARANTINE": "C", "SCRAP": "D"}  # people call a grade by its letter
STANDARD_COMMANDS = ("OK", "UNDO", "SHORT", "FULL", "SKIP", "DONE", "PRINT", "HELP", *GRADES)
STANDARD_QUANTITIES = (2, 3, 4, 5, 6, 8, 10, 12, 20, 24, 50, 100)


def command_card(word: str, number: int | None = None) -> CardFacts:
    """The card of a command: `command_card('SHORT')`, `command_card('Q', 12)`. ValueError for an unknown word."""
    code = own.command(word, number)
    if word == own.QUANTITY:
        return CardFacts(f"{number}", code, "", "QUANTITY")
    if word in GRADES and number is None:
        return CardFacts(f"{GRADES[word]} {word}", code, SAYS[word], "RETURN GRADE")
    return CardFacts(word if number is None else f"{word} {number}", code, SAYS.get(word, ""), "COMMAND")


def card(facts: CardFacts, media: Media, *, is_copy: bool = False) -> Label:
    """A card: its kind in small, its title as large as it goes, what it does, and bars with a Data Matrix beside."""
    sketch = Sketch(f"card {facts.title}", media)
    room = sketch.room
    bars_mm = max(7.0, media.mm(room.height) * 0.36)
    head, foot = sketch.rows(room, 0, bars_mm + 3.5, gap_mm=1.0)
    symbol = Symbol("code128", facts.code)
    side = min(foot.height, room.width - sketch.least_width(symbol, "own") - sketch.dots(1), sketch.dots(16))
    if side >= sketch.dots(8):
        square = Box(foot.right - side, foot.y, side, foot.height)
        sketch.code(Symbol("datamatrix", facts.code), square, "own", name="twin", align="right")
        foot = Box(foot.x, foot.y, foot.width - side - sketch.dots(1), foot.height)
    if facts.kind or is_copy:
        small, head = sketch.rows(head, 2.8, 0, gap_mm=0.4)
        kind, mark = sketch.columns(small, 3, 1)
        sketch.text(facts.kind, kind, 1.7, least_mm=1.2, name="kind")
        if is_copy:
            copy_mark(sketch, mark, mm=1.9)
    if facts.says:
        head, says = sketch.rows(head, 0, min(5.0, media.mm(head.height) * 0.36), gap_mm=0.4)
        sketch.text(facts.says, says, 2.8, least_mm=1.5, name="says")
    sketch.headline(facts.title, head, 14, least_mm=2.4, lines=2, name="title")
    barcode(sketch, symbol, foot, "own", name="code", hri_mm=1.8, align="left", most_mm=0.6)
    return sketch.done()


def standard_cards(media: Media) -> list[Label]:
    """The cards that hang at every station: commands, then quantities."""
    words = [command_card(word) for word in STANDARD_COMMANDS]
    counts = [command_card(own.QUANTITY, number) for number in STANDARD_QUANTITIES]
    return [card(facts, media) for facts in words + counts]


def badge(facts: BadgeFacts, media: Media, *, is_copy: bool = False) -> Label:
    """A badge, 86 x 54 mm or larger. Its secret of 28 characters goes in a Data Matrix, and in bars where they fit."""
    sketch = Sketch(f"badge {facts.name}", media, margin_mm=3.0)
    room = sketch.room
    symbol = Symbol("code128", facts.code)
    has_bars = sketch.least_width(symbol, "own") <= room.width
    upper, lower = sketch.rows(room, 0, 13.0 if has_bars else 0.01, gap_mm=1.5)
    side = min(upper.height, upper.width * 2 // 5, sketch.dots(30))
    square = Box(upper.right - side, upper.y, side, upper.height)
    sketch.code(Symbol("datamatrix", facts.code), square, "own", name="code", align="right", most_mm=1.0)
    words = Box(upper.x, upper.y, upper.width - side - sketch.dots(2), upper.height)
    site, name, role = sketch.rows(words, 4.0, 0, 6.0, gap_mm=1.0)
    if is_copy:
        site, mark = sketch.columns(site, 3, 1)
        copy_mark(sketch, mark, mm=2.0)
    sketch.text(facts.site, site, 2.2, name="site")
    sketch.text(facts.name, name, 7.0, least_mm=2.5, bold=True, lines=3, name="name")
    sketch.text(facts.role, role, 3.4, name="role")
    if has_bars:
        sketch.code(symbol, lower, "own", name="bars")
    return sketch.done()
