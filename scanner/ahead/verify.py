"""The coming steps of packing: the tote and the instructions. What goes into the carton only the server checks.

A parcel is closed with its label, and what is in it decides what the label says: without the server there is neither.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner import orders
from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.barcode.own import encode
from scanner.by import By
from scanner.models import Task
from scanner.verify.plan import order_of, step_of

NEEDS_CHECK = "Packing needs the network: each unit is checked, and the label prints."


class Verify(Script):
    """From the tote into the carton."""

    def ways(self, task: Task, _by: By) -> Iterator[Way]:
        """What a packer can scan or tap before the first unit."""
        step = step_of(task)
        if step == "tote":
            return _tote(task)
        return _instructions() if step == "instructions" else iter(())

    def needs(self, task: Task) -> str:
        """Every unit is checked against the tote."""
        return "" if step_of(task) in ("tote", "instructions") else NEEDS_CHECK

    def other(self, task: Task) -> str:
        """Only this order's tote is wanted at first."""
        return "stop" if step_of(task) in ("tote", "instructions") else "keep"


def _tote(task: Task) -> Iterator[Way]:
    units = [codes.unit_codes(unit.code, unit.kind) for unit in orders.units_of(task.order_id or 0)]
    totes = [found for found in units if found[0].startswith("U")]
    for found in totes:
        yield Way(found, played=found[0])
    order = order_of(task)
    label = (encode("order", order.scan_body), order.number)
    yield Way(label, played=label[0])


def _instructions() -> Iterator[Way]:
    yield Way(codes.cards("OK"), played=codes.cards("OK")[0])
