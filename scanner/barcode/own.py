"""Own codes: what Scandock itself prints on locations, totes, tasks, badges, documents and command cards.

The grammar: one letter for the kind, a body, one check character (ISO 7064 MOD 37,36 over both); only [0-9A-Z].

    LA0302A   location A-03-02        CSHORT?   the command SHORT        CQ12S   the quantity 12

Why so plain: a keyboard wedge whose layout differs from the computer's swaps keys (see `layouts`). The hyphen, the
full stop and the slash move on every layout, so they are left out. What still moves must fail, not match something
else: a French computer turns digits into punctuation, which is no own code any more; any single swapped letter breaks
the check character for certain; two or more swapped letters slip through once in 36. So what is generated here keeps
clear of moving letters (numbers for totes and tasks, `BADGE_ALPHABET` for badges, known words for commands), and what
people name themselves (locations) is asked for its `twins` before it is let in.

A SKU may look like an own code by chance, once in 36: `Scan` keeps both readings.
"""

from __future__ import annotations

import random
import re
from typing import Final

from scanner.barcode.keys import ALPHABET, check_character, has_check_character
from scanner.barcode.layouts import mistyped

COMMANDS: Final = frozenset(
    (
        *("UNDO", "SHORT", "SKIP", "DONE", "ALL", "FULL", "DAMAGED", "EMPTY", "PRINT"),
        *("PAUSE", "HELP", "GO", "OK", "BACK", "UNPICK", "WEIGHT", "CLOSE", "LOGOUT", "NOBARCODE"),
        *("RECEIVE", "PUTAWAY", "PICK", "PACK", "SHIP", "COUNT", "MOVE", "HOME"),  # workflows: "give me the next"
        *("TOOFEW", "WRONGITEM", "BROKEN", "WET", "SPOILED", "EXPIRED", "OTHER"),  # reasons
        *("RESELL", "REPACK", "QUARANTINE", "SCRAP"),  # grades of what comes back, A to D
    )
)
QUANTITY: Final = "Q"  # followed by one to six digits
# Letters that no layout moves (not A, Q, W, M, Y, Z): 30 characters, so that 26 of them hold 127 bits.
BADGE_ALPHABET: Final = "0123456789BCDEFGHIJKLNOPRSTUVX"
BADGE_LENGTH: Final = 26

# Kind -> prefix and what its body may be. No prefix is a letter that a layout moves.
KINDS: Final = {
    "location": ("L", r"[0-9A-Z]{1,32}"),
    "tote": ("U", r"[0-9A-Z]{1,32}"),
    "task": ("T", r"[0-9]{1,18}"),
    "badge": ("B", r"[0-9A-Z]{26,64}"),
    "command": ("C", r"(?:Q[0-9]{1,6}|(?:" + "|".join(sorted(COMMANDS)) + r")[0-9]{0,9})"),
    "order": ("O", r"[0-9A-Z]{1,40}"),
    "purchase_order": ("R", r"[0-9A-Z]{1,40}"),
    "carton_type": ("K", r"[0-9A-Z]{1,32}"),
    "device": ("D", r"[0-9A-Z]{1,32}"),
    "manifest": ("S", r"[0-9]{8,18}"),  # its id with noughts before it: a short one would look like many a SKU
}
_BODIES: Final = {kind: re.compile(body) for kind, (_, body) in KINDS.items()}
_KIND_OF: Final = {prefix: kind for kind, (prefix, _) in KINDS.items()}
_CODE: Final = re.compile("|".join(f"{prefix}{body}[0-9A-Z]" for prefix, body in KINDS.values()))
_COMMAND: Final = re.compile(r"([A-Z]+)([0-9]*)")


def compact(name: str) -> str:
    """The body of a name: its letters and digits in upper case. 'A-03-02' -> 'A0302'."""
    return "".join(char for char in name.upper() if char in ALPHABET)


def encode(kind: str, body: str) -> str:
    """The code to print for `body`. ValueError if the kind is unknown or the body is not one of that kind."""
    if kind not in KINDS:
        raise ValueError(f"no own code is of the kind {kind!r}")
    if not _BODIES[kind].fullmatch(body):
        raise ValueError(f"{body!r} cannot be the body of a {kind} code")
    code = KINDS[kind][0] + body
    return code + check_character(code)


def decode(text: str) -> tuple[str, str] | None:
    """Kind and body of an own code; None for anything else, also for one whose check character is wrong."""
    if not looks_own(text) or not has_check_character(text):
        return None
    return _KIND_OF[text[0]], text[1:-1]


def looks_own(text: str) -> bool:
    """True for the shape of an own code, whatever its check character."""
    return text[:1] in _KIND_OF and _CODE.fullmatch(text) is not None


def command(word: str, number: int | None = None) -> str:
    """The code of a command card: `command('SHORT')`, `command('Q', 12)`. ValueError for an unknown word."""
    return encode("command", word if number is None else f"{word}{number}")


def split_command(body: str) -> tuple[str, int | None]:
    """Word and number of a command's body: 'Q12' -> ('Q', 12), 'SHORT' -> ('SHORT', None)."""
    parts = _COMMAND.fullmatch(body)
    if parts is None:
        raise ValueError(f"{body!r} is no command")
    return parts[1], int(parts[2]) if parts[2] else None


def badge_token(rng: random.Random) -> str:
    """A new badge's secret body. Give it `secrets.SystemRandom()`; a seeded generator is for demos and tests only.

    It holds a digit and its check character stays put, so a German computer reads the badge right and a French one
    not at all.
    """
    while True:
        token = "".join(rng.choices(BADGE_ALPHABET, k=BADGE_LENGTH))
        if encode("badge", token)[-1] in BADGE_ALPHABET and not token.isalpha():
            return token


def twins(body: str, kind: str = "location") -> frozenset[str]:
    """The bodies that a wrong keyboard layout would silently turn this one into.

    Nearly always none. An import refuses a location if one of its twins is the body of another location; the relation
    holds both ways between the layouts, so asking once for each new body is enough.
    """
    read = (decode(shown) for shown in mistyped(encode(kind, body)))
    return frozenset(found[1] for found in read if found and found[0] == kind and found[1] != body)
