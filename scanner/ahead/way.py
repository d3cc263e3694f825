"""Way: what a code, or several that mean the same, may do at a step; and the step as a device gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scanner.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Way:
    """Codes that mean the same at a step. One of them is played for all."""

    codes: tuple[str, ...] = ()  # whole codes, as scanners send them
    likes: tuple[str, ...] = ()  # regular expressions, for codes with fields that change
    played: str = ""  # what is played; "" = only the server can judge it
    detour: int = 0  # how many steps it counts more than one: what is off the line of the work is played later
    needs: str = ""  # why only the server can judge it, in a worker's words
    sets: bool = False  # it sets the step's figure instead of adding to it
    is_shared: bool = False  # it leads to the same from every step that has it
    is_back: bool = False  # to the step before
    is_asked: bool = False  # whether it is asked twice depends on what the device has counted
    ends: Prompt | None = None  # what is shown at once; what it comes to, the server tells when it hears of it


@dataclass(frozen=True, slots=True)
class Leads:
    """Where a way leads; None when only the server can tell."""

    to: str | None = None  # the key of a step
    tone: str = "ok"
    add: int = 0  # so many more of what the step counts
    figure: int | None = None  # or this is its figure
    is_final: bool = False  # UNDO does not take it back
    is_back: bool = False  # to the step that the device came from
    needs: str = ""
    is_asked: bool = False  # the server asks twice, or knows more: where it can be reached it has the first word

    def as_json(self) -> dict[str, Any]:
        """The way as a device gets it: what is not said is not so."""
        if self.is_back:
            return {"back": True}
        if self.to is None:
            return {"needs": self.needs} if self.needs else {}
        said: dict[str, Any] = {"to": self.to, "tone": self.tone}
        if self.add:
            said["add"] = self.add
        if self.figure is not None:
            said["figure"] = self.figure
        if self.is_asked:
            said["asks"] = True
        return said | ({"final": True} if self.is_final else {})


@dataclass(slots=True)
class Step:
    """One step of the line: its screen, and where each code leads."""

    key: str
    prompt: Prompt  # as it is drawn
    other: str = "keep"  # what any other code is: 'stop' wrong here, 'keep' for the server to judge
    needs: str = ""  # what cannot be done here without the server
    quantity: str | None = None  # the step that a typed figure leads to
    is_bare: bool = False  # the server's own screen shows more
    leads: list[tuple[Way, Leads]] = field(default_factory=list)

    def as_json(self, html: str) -> dict[str, Any]:
        """The step as a device gets it."""
        ways = {code: leads.as_json() for way, leads in self.leads for code in way.codes}
        likes = [{"re": like, **leads.as_json()} for way, leads in self.leads for like in way.likes]
        said: dict[str, Any] = {"html": html, "other": self.other, "ways": ways}
        if likes:
            said["like"] = likes
        if self.needs:
            said["needs"] = self.needs
        if self.is_bare:
            said["bare"] = True
        return said | ({"pad": {"quantity": self.quantity}} if self.quantity else {})
