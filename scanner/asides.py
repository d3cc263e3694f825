"""Asides: cards that mean the same in every step and touch no work: HELP tells, LOGOUT ends the log-in, PRINT repeats.

PRINT comes here when the step has nothing of its own to print.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from scanner import printing
from scanner.barcode.own import decode, split_command
from scanner.by import By
from scanner.db import db, now
from scanner.models import ScanRecord
from scanner.prompt import Prompt

CONFIRM: Final = timedelta(minutes=1)  # the second LOGOUT must come so soon; later it is the first again

# What a button or card does, in a line. A test holds the list against the cards that there are.
WORDS: Final = {
    "UNDO": "takes back your last scan in this work",
    "BACK": "puts down what is in hand and not booked",
    "DONE": "books what is in hand, or ends the work",
    "ALL": "all that is left of it",
    "Q": "so many of it",
    "OK": "yes, that is read",
    "SHORT": "the rest is not there; the station asks why",
    "SKIP": "later: the next stop first",
    "FULL": "it is full: the next one",
    "EMPTY": "nothing is there",
    "DAMAGED": "what you scan next is set aside",
    "NOBARCODE": "one without a barcode; asked twice, and a new label prints",
    "UNPICK": "takes goods out of the tote again",
    "PAUSE": "ends your part, the work stays open",
    "CLOSE": "ends it for good; asked twice",
    "WEIGHT": "the carton is weighed after the last unit",
    "PRINT": "prints what this step is about, else a copy of the last label",
    "TOOFEW": "fewer are there than wanted",
    "WRONGITEM": "something else is there",
    "BROKEN": "it is broken",
    "WET": "it is wet",
    "SPOILED": "it is spoiled",
    "EXPIRED": "its date is over",
    "OTHER": "another reason",
    "RESELL": "grade A: as new, back on sale",
    "REPACK": "grade B: good, in a new package",
    "QUARANTINE": "grade C: set aside until somebody decides",
    "SCRAP": "grade D: of no more use",
    "HELP": "shows this",
    "LOGOUT": "logs you out; scan it twice",
}
HOME_CARDS: Final = (
    ("RECEIVE, PUTAWAY, PICK, PACK, SHIP, COUNT, MOVE", "the next work of that kind"),
    ("GO", "the first thing that may be done; at home: your open work"),
    ("HOME", "back home"),
    ("PRINT", "a copy of the last label"),
    ("LOGOUT", WORDS["LOGOUT"]),
)


def _help(prompt: Prompt, by: By) -> str:
    """What the step wants and what each of its buttons does."""
    buttons = (*prompt.actions, *prompt.more)
    rows = {action.label: WORDS[word] for action in buttons if (word := _word(action.code))}
    by.code, by.tone = "help", "ok"
    by.found = {"kind": "help", "id": None, "words": prompt.text, "rows": [*rows.items()] or [*HOME_CARDS]}
    return f"{prompt.scan}."


def _word(code: str) -> str:
    """The command word of a button's code."""
    own = decode(code)
    word = split_command(own[1])[0] if own and own[0] == "command" else ""
    return word if word in WORDS else ""


def _log_out(_prompt: Prompt, by: By) -> str:
    """The first card asks, the second within a minute ends the log-in. The web does it: a token is none of ours."""
    if not _has_just_asked(by):
        by.code, by.tone = "confirm_logout", "warn"
        return "Scan LOGOUT again to log out."
    by.code = "logout"
    by.found = {"kind": "card", "id": None, "words": "logout"}
    return "Logged out."


def _repeat_label(_prompt: Prompt, by: By) -> str:
    """The last label of this device once more, as a copy. Refuses nothing_to_print, print_under_way."""
    return printing.told([printing.repeat_last(by)], by)


def _has_just_asked(by: By) -> bool:
    """Whether this person's last scan on this device was the first LOGOUT."""
    last = db.session.scalars(
        select(ScanRecord.code)
        .where(
            ScanRecord.received_at > now() - CONFIRM,
            ScanRecord.person_id == by.person_id,
            ScanRecord.device == by.device,
        )
        .order_by(ScanRecord.received_at.desc())
        .limit(1)
    ).first()
    return last == "confirm_logout"


ASIDES: Final[dict[str, Callable[[Prompt, By], str]]] = {"HELP": _help, "LOGOUT": _log_out, "PRINT": _repeat_label}
CODES: Final = ("help", "confirm_logout", "logout", "printed")  # of scans that UNDO passes over
