"""A worker who does what the prompt says: reads it, scans what it asks for, and knows nothing else."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from scanner.accept import Answer, Incoming, accept_scan
from scanner.barcode import command, encode
from scanner.by import By
from scanner.db import db, now, transact
from scanner.models import Item, Location, Order, OrderLine, Parcel, Unit
from scanner.workflows import WORKFLOWS

_totes = itertools.count(1)


@dataclass
class Worker:
    """One person with one scanner."""

    by: By
    device: str = "robot"
    scans: int = 0
    codes: list[str] = field(default_factory=list)  # of what was answered, for the test to look at

    def start(self, workflow: str, document: str | None = None) -> int:
        """Open a task."""
        return transact(lambda: int(WORKFLOWS[workflow].start(document, by=self.by).id))

    def scan(self, task: int, raw: str) -> Answer:
        """One scan, which must not be refused."""
        answer = accept_scan(Incoming(str(uuid.uuid4()), raw, now(), self.device, task), self.by)
        self.scans += 1
        self.codes.append(answer["code"])
        assert answer["outcome"] != "refused", (raw, answer["code"], answer["say"])
        return answer

    # --- the work of one order ---

    def pick(self, number: str) -> None:
        """Pick an order from tote to bench."""
        task = self.start("pick", number)
        answer = self.scan(task, encode("tote", f"{next(_totes):05d}"))
        while not answer["prompt"]["is_done"]:
            answer = self.scan(task, self._pick_code(answer["prompt"]))

    def _pick_code(self, prompt: dict[str, Any]) -> str:
        if prompt["step"] == "drop":
            return encode("location", bench())
        every = [action["code"] for action in prompt["actions"] if action["label"].startswith("ALL")]
        return every[0] if every else str(prompt["expects"][0])

    def pack(self, number: str) -> None:
        """Check each unit of an order into its carton."""
        task = self.start("verify", number)
        order_id = db.session.scalars(select(Order.id).where(Order.number == number)).one()
        totes = db.session.scalars(select(Unit.code).where(Unit.order_id == order_id, Unit.kind == "tote")).all()
        answer = self.scan(task, encode("tote", totes[0]))
        while not answer["prompt"]["is_done"]:
            answer = self.scan(task, self._pack_code(answer["prompt"]))

    def _pack_code(self, prompt: dict[str, Any]) -> str:
        if prompt["step"] == "instructions":
            return command("OK")
        every = [action["code"] for action in prompt["actions"] if action["label"].startswith("ALL")]
        return every[0] if every else str(prompt["expects"][0])

    def ship(self, carrier: str) -> None:
        """Load every packed parcel of a carrier and close its manifest."""
        task = self.start("ship", carrier)
        parcels = db.session.execute(
            select(Unit.code, Parcel.tracking)
            .join(Parcel, Parcel.unit_id == Unit.id)
            .where(Parcel.status == "packed", Parcel.carrier == carrier)
        ).all()
        for sscc, tracking in parcels:
            self.scan(task, f"]C100{sscc}")
            if not tracking:
                self.scan(task, f"TRK{sscc[-12:]}X")
        self.scan(task, command("CLOSE"))
        self.scan(task, command("CLOSE"))


def bench() -> str:
    """The body of the first packing bench's label."""
    return (
        db.session.scalars(select(Location.scan_body).where(Location.kind == "pack").order_by(Location.code)).first()
        or ""
    )


def shipped_and_ordered() -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """By order and item: what left the house, and what was ordered."""
    rows = db.session.execute(
        select(Order.number, Item.sku, OrderLine.shipped, OrderLine.ordered)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Item, Item.id == OrderLine.item_id)
    ).all()
    return {(n, s): shipped for n, s, shipped, _ in rows}, {(n, s): ordered for n, s, _, ordered in rows}
