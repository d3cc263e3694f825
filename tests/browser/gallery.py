"""One canned prompt for each kind of step, with the longest words that the trade has: what the screen must hold."""

from __future__ import annotations

from dataclasses import replace

from scanner.prompt import Check, Goods, Pad, Place, Prompt
from tests.browser.harness import actions

LOCATION = Place("A-03-2", ("A", "03", "2"), ("aisle", "bay", "level"), 2, "32 m from the last stop")
LONG_LOCATION = Place("BB-107-03-12", ("BB", "107", "03", "12"), ("aisle", "bay", "level", "position"), 3, "next aisle")
HOLDER = Goods(
    "WHITE HANGING HEART T-LIGHT HOLDER",
    "85123A",
    "05012345678900",
    qty=5,
    done=1,
    facts=(("lot", "B7741"), ("expiry", "2027-03-31")),
)
NAMES = (
    "OAT MILK 1L",
    "RICE MILK 1L",
    "MUG, WHITE",
    "JUMBO BAG RED RETROSPOT",
    "REGENCY CAKESTAND 3 TIER",
    "PARTY BUNTING",
    "LUNCH BAG RED",
    "SET OF 3 CAKE TINS PANTRY DESIGN",
    "PACK OF 72 RETROSPOT CAKE CASES",
    "ASSORTED COLOUR BIRD ORNAMENT",
    "NATURAL SLATE HEART CHALKBOARD",
    "POPCORN HOLDER",
)
STATES = ["done"] * 4 + ["now"] + ["todo"] * 7
TWELVE = tuple(
    Check(name, state, f"{2 if state == 'done' else 0} of 2") for name, state in zip(NAMES, STATES, strict=True)
)
THREE = (Check("location", "done"), Check("item", "now"), Check("tote"))
MORE = actions("DAMAGED", "BIN EMPTY", "WRONG ITEM", "NO BARCODE", "TOTE FULL", "PRINT LABEL", "PAUSE", "HELP")
REASONS = actions(
    "NOT IN LOCATION", "DAMAGED", "WRONG ITEM", "NO BARCODE", "EXPIRED", "LOCATION BLOCKED", "LOST", "OTHER"
)
INSTRUCTION = (
    "Wrap each mug in two sheets of tissue paper. Put the gift card on top, face up. No invoice in the box: it is a "
    "present. "
)

BASE = Prompt(
    workflow="pick",
    step="item",
    title="PICK SO-20518",
    verb="TAKE",
    scan="SCAN ITEM  1 of 5",
    progress=(9, 31),
    actions=actions("SHORT", "UNDO"),
    more=MORE,
    next="then A-03-4 RICE MILK 1L",
)
PAD_BASE = replace(BASE, workflow="receive", title="RECEIVE PO-10447", verb="ENTER", goods=HOLDER)

GALLERY: dict[str, Prompt] = {
    "location": replace(
        BASE,
        verb="GO TO",
        scan="SCAN LOCATION A-03-2",
        place=LOCATION,
        checks=(Check("location", "now"), Check("item"), Check("tote")),
        pad=Pad("digits", "TYPE 3 CHECK DIGITS", "check_digits"),
        expects=("A-03-2",),
        actions=actions("SKIP", "UNDO"),
    ),
    "item": replace(
        BASE, place=LOCATION, goods=HOLDER, put_in="TOTE 2", checks=THREE, actions=actions("SHORT", "ALL 4", "UNDO")
    ),
    "put_away": replace(
        BASE,
        workflow="putaway",
        title="PUT AWAY",
        verb="GO TO",
        scan="SCAN LOCATION BB-107-03-12",
        place=LONG_LOCATION,
        goods=HOLDER,
        text="The same item is there and 62 % of the room is left. It is the nearest place that fits.",
        expects=("BB-107-03-12",),
        pad=Pad("quantity", "QUANTITY", "quantity", "18"),
        actions=actions("BIN FULL", "ALL 18", "UNDO"),
    ),
    "count": replace(
        BASE,
        workflow="count",
        title="COUNT CC-0093",
        verb="COUNT WHAT YOU SEE",
        scan="SCAN AN ITEM",
        goods=Goods("OAT MILK 1L", "88-2041", done=0, facts=(("lot", "B7741"),)),
        checks=TWELVE[:8],
        pad=Pad("quantity", "QUANTITY", "quantity"),
        actions=actions("NOTHING HERE", "DONE", "UNDO"),
    ),
    "bind": replace(
        PAD_BASE,
        verb="COUNT",
        scan="SCAN MORE, OR A PALLET LABEL",
        text="Goes to quarantine.",
        goods=replace(HOLDER, facts=(*HOLDER.facts, ("still due", "4800"))),
        pad=Pad("quantity", "QUANTITY", "quantity", "18"),
        actions=actions("DONE", "ALL 4800", "UNDO"),
    ),
    "lot": replace(PAD_BASE, scan="SCAN OR TYPE THE LOT", pad=Pad("text", "LOT", "lot")),
    "expiry": replace(PAD_BASE, scan="SCAN OR TYPE THE EXPIRY DATE", pad=Pad("date", "EXPIRY DATE", "expiry")),
    "weight": replace(PAD_BASE, verb="WEIGH", scan="WEIGH THE CARTON", pad=Pad("weight", "WEIGHT IN KG", "weight")),
    "tracking": replace(PAD_BASE, scan="SCAN THE TRACKING NUMBER", pad=Pad("text", "TRACKING NUMBER", "tracking")),
    "reason": replace(
        BASE,
        verb="WHAT IS WRONG?",
        scan="SCAN OR TAP A REASON",
        goods=HOLDER,
        pad=Pad("choice", "REASON", "reason", choices=REASONS),
        actions=actions("BACK"),
    ),
    "verify": replace(
        BASE,
        workflow="verify",
        title="PACK SO-20518",
        verb="CHECK",
        scan="SCAN EACH UNIT",
        checks=TWELVE,
        text="Scan the carton type",
        actions=actions("DAMAGED", "ALL 2", "UNDO"),
    ),
    "verify_with_goods": replace(
        BASE, workflow="verify", title="PACK SO-20518", verb="CHECK", goods=HOLDER, checks=TWELVE
    ),
    "instructions": replace(
        BASE, verb="READ", scan="TAP OK OR SCAN THE OK CARD", text=INSTRUCTION, actions=actions("OK", "UNDO")
    ),
    "long_instructions": replace(
        BASE, verb="READ", scan="TAP OK OR SCAN THE OK CARD", text=INSTRUCTION * 4, actions=actions("OK", "UNDO")
    ),
    "bring": replace(BASE, verb="BRING TO", scan="SCAN THE PACKING BENCH", text="Bring the tote to a packing bench."),
    "done": replace(
        BASE, verb="DONE", is_done=True, text="5 lines, 12 units in TOTE 2. Bring it to PACK-1.", actions=(), next=""
    ),
}
