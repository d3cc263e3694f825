"""Silence: which printers do not tell how they are. It is kept for a while, so that not each label waits for no answer.

For a while only: one answer that was late must not be the last that is asked for.
"""

from __future__ import annotations

import time
from typing import Final

from scanner.models import Printer

KEPT_S: Final = 300.0  # an answer that does not come costs 1.5 s: once in so long


class Silence:
    """What one worker knows. A printer that is changed, or that a person asks about, is asked anew."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, str, str], float] = {}

    def is_known(self, printer: Printer) -> bool:
        """Whether the printer need not be asked now."""
        return not printer.is_asked and time.monotonic() < self._until.get(_key(printer), 0.0)

    def keep(self, printer: Printer) -> None:
        """It was asked and has said nothing."""
        self._until[_key(printer)] = time.monotonic() + KEPT_S


def _key(printer: Printer) -> tuple[int, str, str]:
    return printer.id, printer.kind, printer.address
