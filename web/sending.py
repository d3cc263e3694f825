"""Sending: what a device sends under its own credential, whoever is logged in on it: its scans, and how it is.

The page in front sends the scan of the person who looks at it by itself (web/station.py); all that has waited comes
here. A scan names its person, who must have logged in on this device; either way it ends on record.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scanner import devices
from scanner.accept import MOST_ID
from scanner.db import now, transact
from scanner.devices import Beat
from web import batch, idle
from web.api.common import answer, bad_body
from web.auth import by_device, sender, takes
from web.kept import Drain, instant
from web.pwa import shell

bp = Blueprint("sending", __name__, url_prefix="/device")

MOST_TASKS = 50


class ScansIn(BaseModel):
    """What a device has kept, oldest first."""

    model_config = ConfigDict(extra="ignore")

    sent_at: Any = None
    scans: list[Any] = Field(max_length=batch.MOST_SCANS)


class BeatIn(BaseModel):
    """How a device is. What cannot be read counts as not told."""

    model_config = ConfigDict(extra="ignore")

    sent_at: Any = None
    unsent: int = 0
    oldest_at: Any = None
    battery: int | None = None
    version: str = ""
    tasks: list[int] = Field([], max_length=MOST_TASKS)


@bp.post("/scans")
@takes(batch.MOST_BYTES)
@by_device
def scans() -> Response:
    """Take up to a hundred scans in their order, each in a transaction of its own and in its person's name."""
    try:
        body = ScansIn.model_validate(request.get_json())
    except ValidationError as error:
        return bad_body(error)
    kept = [each if isinstance(each, dict) else {} for each in body.scans]
    drain = Drain(sender(), instant(body.sent_at))
    response = batch.taken(kept, drain.take)
    idle.note_work(drain.device.device, drain.made)
    return response


@bp.post("/heartbeat")
@by_device
def heartbeat() -> Response:
    """Keep what the device tells of itself, and renew the leases of its tasks."""
    try:
        body = BeatIn.model_validate(request.get_json())
    except ValidationError as error:
        return bad_body(error)
    battery = body.battery if body.battery is not None and 0 <= body.battery <= 100 else None
    tasks = [task for task in body.tasks if 0 < task <= MOST_ID]
    beat = Beat(instant(body.sent_at) or now(), body.unsent, instant(body.oldest_at), battery, body.version[:40], tasks)
    lease_s, device = current_app.config["TASK_LEASE_S"], sender()
    leases = transact(lambda: devices.heard(device, beat, lease_s))
    return answer({"leases": {str(task): word for task, word in leases.items()}, "version": shell().version})
