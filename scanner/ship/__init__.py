"""Ship: parcels onto a dock door, for one carrier, and out of the house when the manifest is closed.

Each parcel label is scanned once; a parcel without a tracking number asks for it. A wrong carrier, a cancelled or held
order, a parcel that is not packed are refused. Closing the manifest moves the stock to the customer.
"""

from __future__ import annotations

from sqlalchemy import func, select

from scanner import tasks
from scanner.by import By
from scanner.db import db
from scanner.find import Found
from scanner.models import Manifest, Parcel, Task
from scanner.prompt import Prompt
from scanner.refusals import Refusal
from scanner.ship.load import CLOSING, after_undo, command, take_door, take_parcel, take_tracking
from scanner.ship.manifest import Closed, carrier_of, close_manifest, new_manifest, open_manifest
from scanner.ship.prompts import parcel_prompt, tracking_prompt

TITLE = "SHIP"
ROLES = ("packer", "receiver")


# --- the four -------------------------------------------------------------------------------------------------------


def start(document: str | None, *, by: By) -> Task:
    """Open the manifest of a carrier, or go on with it. `document` is the carrier, with "@" and a door if need be.

    Several people may load one manifest. Refuses: unknown_document.
    """
    carrier, _, door = (document or "").partition("@")
    if not carrier.strip():
        raise Refusal("unknown_document", "", "carrier")
    carrier = carrier_of(carrier.strip(), by)
    manifest = open_manifest(carrier, by) or new_manifest(carrier, door, by)
    mine = tasks.own_for(by, "ship", manifest_id=manifest.id)
    return mine or tasks.open_task("ship", by, manifest_id=manifest.id, location_id=manifest.location_id)


def prompt(task: Task) -> Prompt:
    """What the loader does next."""
    manifest = db.session.get_one(Manifest, task.manifest_id)
    title = f"SHIP {manifest.carrier}"
    if task.status != "open":
        return tasks.done_prompt(task, title, f"{manifest.number} is {manifest.status}.")
    return tracking_prompt(task, title) if task.state.get("parcel") else parcel_prompt(task, manifest, title)


def step(task: Task, found: Found, *, by: By) -> str:
    """Match the scan with what loading expects: a parcel, its tracking number, or a command."""
    by.step = "tracking" if task.state.get("parcel") else "parcel"
    if task.state.get("confirm") and found.command not in CLOSING:
        task.note(confirm=None)  # something else was done since: CLOSE is asked for twice again
    try:
        return _load(task, found, by)
    except Closed:
        return _closed_meanwhile(task, by)


def _load(task: Task, found: Found, by: By) -> str:
    if found.kind == "command":
        return command(task, found, by)
    if found.kind == "location":
        return take_door(task, found)
    if by.step == "tracking":
        return take_tracking(task, found, by)
    return take_parcel(task, found, by)


def _closed_meanwhile(task: Task, by: By) -> str:
    """Another loader closed the manifest while this one had a scan on the way."""
    tasks.close(task)
    by.is_final, by.tone, by.code = True, "warn", "task_done"
    return "The manifest is closed already. Nothing was loaded."


def finish(task: Task, *, by: By) -> None:
    """Close the manifest: its stock leaves to the customers. Refuses nothing_to_do for an empty one, order_held."""
    close_manifest(task, by)


def undone(task: Task, *, by: By) -> None:
    """After UNDO: a parcel that is not at the door any more is not loaded."""
    after_undo(task)


# --- what waits ------------------------------------------------------------------------------------------------------


def waiting(by: By) -> list[tasks.Waiting]:
    """Carriers with parcels that are packed, or with a manifest that is open."""
    packed = db.session.execute(
        select(Parcel.carrier, func.count())
        .where(Parcel.site_id == by.site_id, Parcel.status == "packed", Parcel.carrier != "")
        .group_by(Parcel.carrier)
    )
    opened = db.session.scalars(
        select(Manifest.carrier).where(Manifest.site_id == by.site_id, Manifest.status == "open")
    )
    figures = {**dict.fromkeys(opened, 0), **dict(packed.all())}
    return [tasks.Waiting(name, name, f"{figures[name]} parcels to load") for name in sorted(figures)]
