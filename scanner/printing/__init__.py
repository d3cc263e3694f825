"""Printing: an outbox in the database. An act asks for a label in its own transaction; workers send it, once.

    queued -> sending -> sent -> confirmed
      |          |         \
      |          +-> unknown (nobody can tell whether it came out: a person says so, or asks for a marked copy)
      +-> failed (it surely did not come out), cancelled

What is `sending` or later is never sent again by itself (docs/decisions/0009-printing.md).
"""

from scanner.printing.answers import (
    came_out,
    cancel,
    forget_failed,
    is_for_page,
    may_be_opened,
    may_be_out,
    opened,
    print_again,
    print_elsewhere,
    print_on_page,
    repeat_last,
    said_of,
    unanswered,
)
from scanner.printing.ask import (
    DIGITS,
    ask,
    choose_printer,
    give_check_digits,
    has_taken_effect,
    new_check_digits,
    questions,
)
from scanner.printing.card import own_printer, told
from scanner.printing.names import names
from scanner.printing.places import bind, place_of, printers_of, set_printers, unbind
from scanner.printing.plates import KINDS as PLATES
from scanner.printing.plates import first_of, once
from scanner.printing.printers import ask_state, change_printer, new_printer, pause, resume
from scanner.printing.rights import check_again, check_may_have, is_of
from scanner.printing.state import what_happened, why_it_waits, why_not
from scanner.printing.things import Thing, thing_of
from scanner.printing.workers import is_worker_missing, worker_seen

__all__ = [
    "DIGITS",
    "PLATES",
    "Thing",
    "ask",
    "ask_state",
    "bind",
    "came_out",
    "cancel",
    "change_printer",
    "check_again",
    "check_may_have",
    "choose_printer",
    "first_of",
    "forget_failed",
    "give_check_digits",
    "has_taken_effect",
    "is_for_page",
    "is_of",
    "is_worker_missing",
    "may_be_opened",
    "may_be_out",
    "names",
    "new_check_digits",
    "new_printer",
    "once",
    "opened",
    "own_printer",
    "pause",
    "place_of",
    "print_again",
    "print_elsewhere",
    "print_on_page",
    "printers_of",
    "questions",
    "repeat_last",
    "resume",
    "said_of",
    "set_printers",
    "thing_of",
    "told",
    "unanswered",
    "unbind",
    "what_happened",
    "why_it_waits",
    "why_not",
    "worker_seen",
]
