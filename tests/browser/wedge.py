"""A wedge scanner as a test holds it: how it is set decides which keys a label becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.browser.station import ENTER, GS_AS_CTRL, Station

GS = "\x1d"
ALT = 1  # DevTools' number for the modifier
CAPS_ON: dict[str, Any] = {"key": "CapsLock", "code": "CapsLock", "windowsVirtualKeyCode": 20}


def char(text: str) -> dict[str, Any]:
    """The key of one character."""
    return {"key": text, "text": text}


def alt_keypad(digits: str) -> list[dict[str, Any]]:
    """Alt held, digits on the number pad; the release of Alt is sent by `Wedge`."""
    return [{"key": digit, "code": f"Numpad{digit}", "modifiers": ALT} for digit in digits]


# Every form in which a scanner hands the separator over, as keys.
GS_FORMS: dict[str, list[dict[str, Any]]] = {
    "0x1D": [{"key": GS, "text": GS}],
    "Ctrl+]": [GS_AS_CTRL],
    "U+241D": [char("\u241d")],
    "<GS>": [char(each) for each in "<GS>"],
    "{GS}": [char(each) for each in "{GS}"],
    "^]": [char(each) for each in "^]"],
    "F8": [{"key": "F8", "code": "F8"}],
    "Alt+029": alt_keypad("029"),
}


@dataclass
class Wedge:
    """One scanner at one station."""

    station: Station
    gap_ms: float = 5
    end: dict[str, Any] | None = None
    gs: Sequence[dict[str, Any]] = (GS_AS_CTRL,)
    aims: bool = False
    prefix: str = ""
    suffix: str = ""
    becomes: Callable[[str], str] = str  # what a wrong layout or Caps Lock makes of the text

    def scan(self, text: str, aim: str = "", *, ends: bool = True, idle_ms: float = 700) -> None:
        """Types the label's text, with all that this scanner adds, and does not wait for an answer."""
        sent = self.prefix + (aim if self.aims else "") + text + self.suffix
        strokes: list[dict[str, Any]] = []
        for each in self.becomes(sent):
            strokes += self.gs if each == GS else [char(each)]
        self.press([*strokes, *([self.end or ENTER] if ends else [])], idle_ms)

    def press(self, strokes: Sequence[dict[str, Any]], idle_ms: float = 700) -> None:
        """The keys one after the other at the scanner's pace."""
        station = self.station
        station.keys("", end=None, idle_ms=idle_ms)
        for number, stroke in enumerate(strokes):
            station.clock_s += self.gap_ms / 1000 if number else 0
            station.key(**stroke)
            is_held = any(each.get("modifiers") == ALT for each in strokes[number + 1 : number + 2])
            if stroke.get("modifiers") == ALT and not is_held:
                released = {"type": "keyUp", "key": "Alt", "timestamp": station.clock_s}
                station.devtools.send("Input.dispatchKeyEvent", released)


def type_by_input_method(station: Station, text: str) -> None:
    """Text that arrives without keys, as from an Android input method."""
    station.devtools.send("Input.insertText", {"text": text})
