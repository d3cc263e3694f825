"""Report: what an import did, or every reason why it did nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_ERRORS = 1_000  # told one by one; the rest are counted
SHOWN_VALUE = 60  # characters of a bad value


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong in a file. `line` 0 is the file as a whole; in JSON it is the number of the object."""

    file: str
    line: int
    column: str
    reason: str
    value: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, [self.file, f"line {self.line}" if self.line else "", self.column]))
        shown = f" ({self.value!r})" if self.value else ""
        return f"{place}: {self.reason}{shown}" if place else f"{self.reason}{shown}"


@dataclass(slots=True)
class Report:
    """How many things were added, changed, or as they should be already; with any error, nothing was imported."""

    kind: str
    file: str = ""
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    more_errors: int = 0  # beyond the first MOST_ERRORS
    is_dry_run: bool = False

    @property
    def is_ok(self) -> bool:
        """True if the whole file is in the book now (or would be, after a dry run)."""
        return not self.errors

    def error(self, line: int, column: str, reason: str, value: object = "") -> None:
        """Note one error."""
        if len(self.errors) >= MOST_ERRORS:
            self.more_errors += 1
            return
        text = "" if value is None else str(value)
        shown = text if len(text) <= SHOWN_VALUE else text[: SHOWN_VALUE - 1] + "…"
        self.errors.append(RowError(self.file, line, column, reason, shown))

    @property
    def summary(self) -> str:
        """One sentence for people."""
        what = f"{self.kind.replace('_', ' ')}: "
        if self.errors:
            count = len(self.errors) + self.more_errors
            return f"{what}{count} error{'s' * (count != 1)}, nothing was imported."
        done = f"{self.added} added, {self.changed} changed, {self.unchanged} unchanged"
        return f"{what}{done}{' (dry run: nothing was imported)' * self.is_dry_run}."
