"""The coming steps of loading: each parcel that waits for the carrier. The manifest is closed by the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select

from scanner.ahead import codes
from scanner.ahead.script import Script
from scanner.ahead.way import Way
from scanner.by import By
from scanner.db import db
from scanner.models import Manifest, Parcel, Task, Unit
from scanner.prompt import Prompt

MOST_PARCELS = 100
NEEDS_CLOSE = "Closing the manifest needs the network."


class Ship(Script):
    """Parcels onto the door."""

    def begin(self, task: Task, by: By) -> None:
        """Read the labels of the parcels that wait."""
        task.memo["facts"]["parcels"] = db.session.execute(
            select(Unit.code, Unit.kind, Parcel.tracking)
            .join(Parcel, Parcel.unit_id == Unit.id)
            .join(Manifest, Manifest.carrier == Parcel.carrier)
            .where(Manifest.id == task.manifest_id, Parcel.site_id == by.site_id, Parcel.status == "packed")
            .order_by(Parcel.id)
            .limit(MOST_PARCELS)
        ).all()

    def ways(self, task: Task, _by: By) -> Iterator[Way]:
        """A parcel that needs no number. With one in hand anything may be its number, and the server tells."""
        if not task.state.get("parcel"):
            for parcel in task.memo["facts"]["parcels"]:
                found = (*codes.unit_codes(parcel.code, parcel.kind), *codes.tracking_codes(parcel.tracking))
                yield Way(found, played=found[0])
            yield Way(codes.cards("PAUSE"), played=codes.cards("PAUSE")[0])
        yield Way(codes.cards("CLOSE", "DONE"), needs=NEEDS_CLOSE)
        yield Way(codes.cards("BACK"), played=codes.cards("BACK")[0])

    def steady(self, prompt: Prompt) -> Prompt:
        """The prompt without what is loaded already."""
        return replace(prompt, progress=None, checks=(), next="") if prompt.step == "parcel" else prompt

    def drawn(self, _task: Task, prompt: Prompt) -> Prompt:
        """The same: the list has changed when the work comes back to it."""
        return self.steady(prompt)
