"""The floor: people of the small warehouse who scan, and a full picture of the record before and after.

floor = Floor(warehouse)
task = floor.start("ana", "receive", "PO-1")
answer = floor.scan("ana", task, "MUG")
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from scanner import check_ledger
from scanner.accept import Answer, Incoming, accept_scan
from scanner.barcode import command, compact, element_string, encode, sscc
from scanner.by import By
from scanner.db import Base, db, now, transact
from scanner.models import Balance, Discrepancy, Location, Lot, Order, OrderLine, Serial, Task, Unit
from scanner.prompt import Prompt
from scanner.workflows import WORKFLOWS
from tests.world import GTINS, World

Record = dict[str, list[tuple[Any, ...]]]


@dataclass
class Floor:
    """A warehouse and the people in it. Use it inside an app context."""

    world: World
    answers: list[Answer] = field(default_factory=list)

    def by(self, name: str) -> By:
        """The provenance of one of the cast."""
        return self.world.by(name, device=f"device-of-{name}")

    def start(self, name: str, workflow: str, document: str | None = None) -> int:
        """Open a task; its id."""
        by = self.by(name)
        task: Task = transact(lambda: WORKFLOWS[workflow].start(document, by=by))
        return task.id

    def scan(self, name: str, task: int | None, raw: str, **more: Any) -> Answer:
        """One beep. Refused ones come back as answers, like everything that is stored."""
        answer = accept_scan(self.incoming(name, task, raw, **more), self.by(name))
        self.answers.append(answer)
        return answer

    def incoming(
        self, name: str, task: int | None, raw: str, *, scan_id: str = "", at: datetime | None = None, **more: Any
    ) -> Incoming:
        """A scan as the person's device sends it."""
        return Incoming(scan_id or str(uuid.uuid4()), raw, at or now(), f"device-of-{name}", task, **more)

    def scans(self, name: str, task: int | None, *raws: str) -> Answer:
        """Several beeps that must all be accepted; the last answer."""
        for raw in raws:
            answer = self.scan(name, task, raw)
            assert answer["outcome"] != "refused", (raw, answer["code"], answer["say"])
        return answer

    def prompt(self, task: int | None) -> Prompt:
        """What a task asks for now."""
        db.session.rollback()
        row = None if task is None else db.session.get_one(Task, task, populate_existing=True)
        module = WORKFLOWS["lookup" if row is None else row.workflow]
        if row is not None:
            row.memo.clear()
        shown: Prompt = module.prompt(row)
        return shown

    # --- whole pieces of work ---------------------------------------------------------------------------------------

    def pick(self, order: str, number: int = 1, *, name: str = "ben", until: str = "done") -> int:
        """Pick an order into a tote and bring it to the bench, as asked; the task's id. Serials come from the book."""
        task = self.start(name, "pick", order)
        while (prompt := self.prompt(task)).step not in (until, "done", "nothing"):
            self.scans(name, task, self.pick_code(prompt, number))
        return task

    def pick_code(self, prompt: Prompt, number: int = 1) -> str:
        """What a picker scans at a prompt."""
        if prompt.step == "tote":
            return tote(number)
        if prompt.step == "drop":
            return place("PACK-1")
        if prompt.step == "serial":
            return self.a_serial(str(prompt.goods and prompt.goods.sku))
        lot = dict(prompt.goods.facts).get("lot") if prompt.goods else None
        return case(prompt.expects[0], lot=lot) if lot else prompt.expects[0]

    def a_serial(self, sku: str, *kinds: str) -> str:
        """A serial number of an item that stands in storage (or at a place of one of `kinds`)."""
        query = (
            select(Serial.code)
            .join(Location, Location.id == Serial.location_id)
            .where(Serial.item_id == self.world.items[sku].id, Location.kind.in_(kinds or ("pick", "reserve")))
        )
        return db.session.scalars(query.order_by(Serial.code)).first() or "S-404"

    def pack(self, order: str, number: int = 1, *, name: str = "cleo") -> int:
        """Verify and pack an order that was picked into one tote; the task's id."""
        task = self.start(name, "verify", order)
        answer = self.scans(name, task, tote(number))
        while not answer["prompt"]["is_done"]:
            answer = self.scans(name, task, self.pack_code(answer))
        return task

    def pack_code(self, answer: Answer) -> str:
        """What a packer scans after an answer."""
        prompt = answer["prompt"]
        if prompt["step"] == "instructions":
            return command("OK")
        if prompt["step"] == "serial":
            return self.a_serial(prompt["goods"]["sku"], "pack")
        if prompt["step"] == "lot":
            return self.a_lot(prompt["goods"]["sku"])
        sku: str = prompt["expects"][0]
        return sku

    def a_lot(self, sku: str) -> str:
        """A lot of an item that is in a tote."""
        query = select(Lot.code).join(Balance, Balance.lot_id == Lot.id).join(Unit, Unit.id == Balance.unit_id)
        here = query.where(Balance.item_id == self.world.items[sku].id, Balance.qty > 0, Unit.kind == "tote")
        return db.session.scalars(here.order_by(Lot.code)).first() or "L404"

    def parcels(self, order: str) -> list[str]:
        """The labels of an order's cartons."""
        query = select(Unit.code).join(Order, Order.id == Unit.order_id)
        codes = db.session.scalars(query.where(Order.number == order, Unit.kind == "carton").order_by(Unit.id))
        return [pallet(code) for code in codes]

    # --- asking ------------------------------------------------------------------------------------------------------

    def on_hand(self, sku: str, place_code: str | None = None) -> int:
        """Base units of an item in the house, or at one place (in units or loose)."""
        db.session.rollback()
        rows = select(Balance.qty).where(Balance.item_id == self.world.items[sku].id)
        if place_code:
            rows = rows.where(Balance.location_id == self.world.locations[place_code].id)
        return sum(db.session.scalars(rows))

    def reserved(self, sku: str) -> int:
        """Base units of an item that are promised."""
        db.session.rollback()
        return sum(db.session.scalars(select(Balance.reserved).where(Balance.item_id == self.world.items[sku].id)))

    def line(self, order: str, number: int = 1) -> OrderLine:
        """A line of an order, as it is now."""
        db.session.rollback()
        query = select(OrderLine).join(Order, Order.id == OrderLine.order_id)
        return db.session.scalars(query.where(Order.number == order, OrderLine.line == number)).one()

    def status(self, order: str) -> str:
        """How far an order is."""
        db.session.rollback()
        return db.session.scalars(select(Order.status).where(Order.number == order)).one()

    def cases(self, *kinds: str) -> list[Discrepancy]:
        """The discrepancies of some kinds (or of all), oldest first."""
        db.session.rollback()
        query = select(Discrepancy).order_by(Discrepancy.id)
        return list(db.session.scalars(query.where(Discrepancy.kind.in_(kinds)) if kinds else query))

    def is_good(self) -> bool:
        """The record is true; shows the breaches if it is not."""
        db.session.rollback()
        breaches = check_ledger.check(self.world.site.id)
        assert breaches == []
        return True


# --- codes -----------------------------------------------------------------------------------------------------------


def place(code: str) -> str:
    """The label of a location."""
    return encode("location", compact(code))


def tote(number: int) -> str:
    """The label of a tote."""
    return encode("tote", f"{number:05d}")


def pallet(code: int | str) -> str:
    """An SSCC label: of a code, or of our pallet with this number."""
    return "]C100" + (sscc("4000000", 1, code) if isinstance(code, int) else code)


def case(sku: str, **fields: str) -> str:
    """The GS1 label of a case, e.g. of "MILK" with lot="L7", expiry="270331", count="12"."""
    ais = {"lot": "10", "expiry": "17", "best_before": "15", "serial": "21", "count": "30"}
    return "]C1" + element_string({"01": GTINS[sku].zfill(14), **{ais[name]: text for name, text in fields.items()}})


# --- the whole record ------------------------------------------------------------------------------------------------

SCANS = ("scan",)  # what a refused scan may add to
# What UNDO adds to and never takes away: moves, decisions, and things that were put on file at their first scan.
HISTORY = ("scan", "move", "ledger_head", "audit", "alembic_version")


def dump(without: Sequence[str] = SCANS) -> Record:
    """Every row of every table, but for some."""
    db.session.rollback()
    tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in without]
    return {table.name: sorted(map(tuple, db.session.execute(select(table))), key=repr) for table in tables}


def difference(before: Record, after: Record) -> dict[str, list[str]]:
    """What a comparison of two pictures shows, for reading."""
    return {
        name: [f"- {row}" for row in rows if row not in after[name]]
        + [f"+ {row}" for row in after[name] if row not in rows]
        for name, rows in before.items()
        if rows != after[name]
    }


def standing() -> Record:
    """What stands, for UNDO: the record without its history.

    UNDO never takes away what was put on file at a first scan (a lot, a serial number, a label), the number that an
    SSCC has used up, or where an empty unit was last seen; and it promises again instead of reviving a promise.
    """
    full = dump(HISTORY)
    names = {table.name: [column.name for column in table.columns] for table in Base.metadata.sorted_tables}
    rows = {name: [dict(zip(names[name], row, strict=True)) for row in found] for name, found in full.items()}
    filled = {row["unit_id"] for row in rows["balance"] if row["qty"]}
    view = {
        "balance": _only(rows["balance"], lambda row: row["qty"]),
        "promise": _promises(rows["reservation"]),
        "serial": _only(rows["serial"], lambda row: row["location_id"] not in _nowhere(rows)),
        "unit": [
            _without(row, *([] if row["id"] in filled else ["location_id"]))
            for row in rows["unit"]
            if row["id"] in filled or row["order_id"]
        ],
        "task": [row | {"state": _without(row["state"], *_kept(row["workflow"]))} for row in rows["task"]],
        "discrepancy": _only(rows["discrepancy"], lambda row: row["status"] == "open"),
        "parcel": rows["parcel"],
        "manifest": rows["manifest"],
        "orders": rows["orders"],
        "order_line": rows["order_line"],
        "purchase_order": rows["purchase_order"],
        "purchase_line": rows["purchase_line"],
        "location": rows["location"],
        "hold": rows["hold"],
    }
    return {name: sorted((tuple(row.items()) for row in found), key=repr) for name, found in view.items()}


def _only(rows: list[dict[str, Any]], stays: Any) -> list[dict[str, Any]]:
    return [row for row in rows if stays(row)]


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _kept(workflow: str) -> tuple[str, ...]:
    """What of a notebook stays after UNDO: labels that have come out."""
    kept: tuple[str, ...] = getattr(WORKFLOWS[workflow], "KEPT", ())
    return kept


def _nowhere(rows: dict[str, list[dict[str, Any]]]) -> set[int | None]:
    """The places outside the house."""
    return {None, *(row["id"] for row in rows["location"] if row["is_virtual"])}


def _promises(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Open promises by line and key, however many rows make them up."""
    key = ("order_line_id", "location_id", "item_id", "lot_id", "unit_id")
    sums: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if row["state"] == "open":
            at = tuple(row[name] for name in key)
            sums[at] = sums.get(at, 0) + row["qty"] - row["posted"]
    return [{**dict(zip(key, at, strict=True)), "qty": qty} for at, qty in sums.items()]
