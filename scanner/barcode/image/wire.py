"""Wire: what goes between the web process and its photo reader: a length, a budget, then bytes.

to the reader     12 bytes (length, budget in milliseconds), then the photo
from the reader   4 bytes (length), then JSON: {"engines": [...]} once, then {"codes": [...]} or {"refused": ...}
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any, Final

from scanner.refusals import Refusal

ASK: Final = struct.Struct("<Id")
ANSWER: Final = struct.Struct("<I")


def ask(data: bytes, budget_ms: float) -> bytes:
    """One photo with its budget."""
    return ASK.pack(len(data), budget_ms) + data


def asked(stream: IO[bytes]) -> tuple[bytes, float] | None:
    """The next photo and its budget; None when the web process is gone."""
    head = stream.read(ASK.size)
    if len(head) < ASK.size:
        return None
    length, budget_ms = ASK.unpack(head)
    data = stream.read(length)
    return (data, budget_ms) if len(data) == length else None


def answer(facts: dict[str, Any]) -> bytes:
    """One answer."""
    body = json.dumps(facts).encode()
    return ANSWER.pack(len(body)) + body


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal that `refusal_of` makes again on the other side."""
    return {"refused": refusal.code, "scanned": refusal.scanned, "wanted": refusal.wanted}


def refusal_of(facts: dict[str, Any]) -> Refusal:
    """The refusal that the other side raised."""
    return Refusal(facts["refused"], facts["scanned"], facts["wanted"])
