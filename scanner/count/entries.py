"""Entries: what was counted so far: the notebook of a count, with its types.

Under each key (an item and a lot) stand what was seen, what the book had at that instant, and at which position of the
ledger that was. The book's figures stay here; no prompt shows them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from sqlalchemy import bindparam, select

from scanner.by import By
from scanner.db import db
from scanner.goods import Goods
from scanner.models import Balance, LedgerHead, Task
from scanner.models.stock import MOST
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Entry:
    """One item and lot as they were counted. Quantities are base units."""

    item_id: int
    lot_id: int
    counted: int = 0
    book: int = 0  # at the last scan of it
    seq: int = 0  # the ledger's position at that scan
    serials: tuple[int, ...] = ()  # ids of the serial numbers that were seen

    @property
    def key(self) -> str:
        """Its name in the notebook."""
        return f"{self.item_id}:{self.lot_id}"

    @classmethod
    def from_json(cls, key: str, stored: dict[str, Any]) -> Self:
        """The entry that `as_json` wrote."""
        item_id, lot_id = (int(part) for part in key.split(":"))
        return cls(item_id, lot_id, **{**stored, "serials": tuple(stored.get("serials", ()))})

    def as_json(self) -> dict[str, Any]:
        """What the notebook stores."""
        stored = asdict(self)
        return {name: stored[name] for name in ("counted", "book", "seq")} | (
            {"serials": list(self.serials)} if self.serials else {}
        )

    def with_more(self, gathered: Goods) -> Entry:
        """One more pack. Refuses bad_quantity, serial_exists."""
        if self.counted + gathered.qty > MOST:
            raise Refusal("bad_quantity", gathered.qty)
        if gathered.serial_id in self.serials:
            raise Refusal("serial_exists", gathered.serial_code)
        serials = (*self.serials, gathered.serial_id) if gathered.serial_id else self.serials
        return replace(self, counted=self.counted + gathered.qty, serials=serials)


def entries_of(task: Task) -> list[Entry]:
    """What was counted in this round, in the order of the first scans."""
    return [Entry.from_json(key, stored) for key, stored in task.state["entries"].items()]


def entry_of(task: Task, item_id: int, lot_id: int) -> Entry:
    """The entry of one item and lot; a new one when it was not counted yet."""
    empty = Entry(item_id, lot_id)
    stored = task.state["entries"].get(empty.key)
    return Entry.from_json(empty.key, stored) if stored else empty


def current_of(task: Task) -> Entry | None:
    """The entry that was scanned last."""
    key = task.state.get("current")
    return Entry.from_json(key, task.state["entries"][key]) if key else None


def write(task: Task, entry: Entry, by: By) -> None:
    """Note an entry as the current one, with what the book has now."""
    book, seq = _book(task, entry, by)
    entry = replace(entry, book=book, seq=seq)
    task.note(entries={**task.state["entries"], entry.key: entry.as_json()}, current=entry.key)


def _book(task: Task, entry: Entry, by: By) -> tuple[int, int]:
    """What the book has now, and at which position of the ledger: one statement, so that both are of one instant."""
    values = {"site": by.site_id, "location": task.location_id, "item": entry.item_id, "lot": entry.lot_id}
    with db.session.no_autoflush:
        row = db.session.execute(_BOOK, values).one()
    return row.qty or 0, row.seq


_BOOK = (
    select(LedgerHead.seq, Balance.qty)
    .outerjoin(
        Balance,
        (Balance.site_id == LedgerHead.site_id)
        & (Balance.location_id == bindparam("location"))
        & (Balance.item_id == bindparam("item"))
        & (Balance.lot_id == bindparam("lot"))
        & (Balance.unit_id == 0),
    )
    .where(LedgerHead.site_id == bindparam("site"))
)
