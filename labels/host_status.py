"""Host status: what a ZPL printer answers to ~HS (ZPL II Programming Guide, "Host Status Return").

Three lines, each between STX and ETX. What does not look like that is not believed, whatever it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ASK: Final = b"~HS"
_LINES: Final = re.compile(rb"\x02([0-9,]{20,80})\x03\s*\x02([0-9,]{15,80})\x03\s*\x02([0-9,]{3,40})\x03")
_WORDS: Final = {
    "paper_out": "There is no paper in it.",
    "head_open": "Its head is open.",
    "ribbon_out": "Its ribbon is used up.",
    "paused": "It is paused: press its button.",
    "ready": "Ready.",
}


@dataclass(frozen=True, slots=True)
class State:
    """How a printer is: a word of PRINTER_STATES, a sentence, and whether it will print what it gets."""

    code: str
    words: str
    can_print: bool = True
    is_idle: bool = False  # it says that nothing waits in it
    is_told: bool = False  # by the printer itself, in a whole answer


SILENT: Final = State("", "It does not tell how it is.")


def is_whole(answer: bytes) -> bool:
    """Whether all three lines have come."""
    return answer.count(b"\x03") >= 3


def read(answer: bytes) -> State:
    """The state that an answer tells; `garbled` when it is no such answer, `SILENT` when there was none."""
    if not answer:
        return SILENT
    found = _LINES.search(answer)
    first, second = (found[1].split(b","), found[2].split(b",")) if found else ([], [])
    if len(first) < 8 or len(second) < 9:
        return State("garbled", "It answers what no label printer says.", can_print=False)
    # first: b paper out, c paused, eee formats in the buffer, h a format half received
    # second: o head up, p ribbon out, uuuuuuuu labels that are left to print
    faults = (("paper_out", first[1]), ("head_open", second[2]), ("ribbon_out", second[3]), ("paused", first[2]))
    for code, flag in faults:
        if flag == b"1":
            return State(code, _WORDS[code], can_print=False, is_told=True)
    is_idle = int(first[4] or 0) == 0 and first[7] == b"0" and int(second[8] or 0) == 0
    return State("ready", _WORDS["ready"], is_idle=is_idle, is_told=True)
