"""Figures that tests count while they run, at the end of the run: `record_property("labels", 200)`, summed by rule."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write what was counted: one line for each rule, its parameters added up."""
    sums: dict[str, Counter[str]] = {}
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties if report.when == "call" else ():
            if isinstance(value, int):
                sums.setdefault(report.nodeid.partition("[")[0], Counter())[name] += value
    if sums:
        terminalreporter.section("figures")
    for rule, figures in sums.items():
        terminalreporter.write_line(f"{rule}: {', '.join(f'{count:,} {name}' for name, count in figures.items())}")
