"""Invoices: a warehouse made from a real shop's invoice lines, dirty as they are, through the product's own importer.

The data set is "Online Retail" (Chen, Sain & Guo, 2012; CC BY 4.0): one row for each invoice line. Every line of it is
accounted for: it is a sale, or it is left out for a reason that the summary counts. The invoices of one day become the
open orders; the sales of the four weeks before it are the stock on the shelves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from scanner import imports
from scanner.by import By
from scanner.invoices.read import REASONS, Progress, chosen_day, file_in, read_all, window_of
from scanner.invoices.rows import rows_of
from scanner.refusals import Refusal

__all__ = ["SOURCE", "Summary", "import_invoices"]

SOURCE: Final = "Online Retail: Chen, Sain & Guo, 2012, UCI Machine Learning Repository, CC BY 4.0"


@dataclass(slots=True)
class Summary:
    """What became of every line, and what was imported."""

    file: str
    day: date
    lines: Counter[str] = field(default_factory=Counter)  # by reason; REASONS explains them
    merged: int = (
        0  # lines of the day that repeat code and price of another of their invoice: one order line has them all
    )
    reports: list[imports.Report] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Lines in the file."""
        return self.lines.total()

    @property
    def is_ok(self) -> bool:
        """True if everything was imported."""
        return all(report.is_ok for report in self.reports)

    def __str__(self) -> str:
        told = [f"{self.file}: {self.total:,} lines; the orders are those of {self.day}."]
        told += [f"  {self.lines[reason]:>9,}  {reason}: {why}" for reason, why in REASONS.items()]
        told += [
            f"  {self.merged:,} lines of the day repeat code and price of their invoice and were added to its line."
        ]
        told += [f"  {report.summary}" for report in self.reports]
        return "\n".join([*told, f"Source: {SOURCE}"])


def import_invoices(
    folder: Path | str, *, by: By, progress: Progress | None = None, day: str | date | None = None
) -> Summary:
    """Make items, locations, suppliers, purchase orders, customers, stock and orders from the invoices in `folder`.

    `day` (2011-09-30) is the one whose invoices become open orders; else the last full one. They are promised for
    today. Refuses bad_request: no such file, another kind of file, no sales on that day.
    """
    say = progress or _silent
    path = file_in(Path(folder))
    shop = read_all(path, say)
    summary = Summary(path.name, chosen_day(day, shop.by_day), shop.lines)
    window = window_of(path, summary.day, say)
    summary.merged = len(window.day) - len({(line.invoice, line.sku, line.cents) for line in window.day})
    for kind, rows in rows_of(shop, window, by):
        say(0, len(rows), kind)
        report = imports.import_rows(kind, rows, by=by, file=path.name)
        summary.reports.append(report)
        say(len(rows), len(rows), kind)
        if not report.is_ok:
            raise Refusal("bad_request", f"{report.summary} The first: {report.errors[0]}")
    return summary


def _silent(_done: int, _total: int, _what: str) -> None:
    """Nobody watches."""
