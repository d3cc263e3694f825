"""Scans by API: the same door as for the page. A repeat answers the same, with `replayed`."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from pydantic import AwareDatetime, BaseModel, Field

from scanner.accept import Incoming, accept_scan
from scanner.db import db
from scanner.models import ScanRecord
from scanner.refusals import Refusal
from web.api.common import Strict, answer, blueprint
from web.auth import EVERYONE, allow, me

bp = blueprint("scans")


class ScanIn(Strict):
    """One beep. Commands and typed values are codes too: see `actions` of the prompt, and GS1 fields like (30)12."""

    scan_id: str = Field(max_length=36, description="a UUID made by the client, once per beep")
    task: int | None = Field(None, description="without a task the scan looks something up")
    raw: str = Field(max_length=4096, description="the code as the scanner sent it")
    symbology: str | None = Field(None, max_length=16, description="AIM identifier or the reader's name for it")
    at: AwareDatetime = Field(strict=False, description="the device's clock, with offset")
    device: str = Field(max_length=64)
    sends_gs: bool | None = Field(None, description="whether this scanner sends the GS1 separator; null if unknown")


class ScanOut(BaseModel):
    """What became of a scan."""

    scan_id: str
    outcome: str = Field(description="accepted, refused or discrepancy")
    code: str = Field(description="stable: booked, ok, confirm, undone, or the reason of a refusal")
    say: str
    next: str
    tone: str
    scanned: str
    wanted: str
    workflow: str
    task: int | None
    moves: list[int]
    discrepancies: list[int]
    found: dict[str, Any] | None
    prompt: dict[str, Any]
    replayed: bool = False


@bp.post("/scans", responses={"200": ScanOut})
@allow(*EVERYONE)
def post_scan(body: ScanIn) -> Response:
    """Take a scan, exactly once."""
    incoming = Incoming(body.scan_id, body.raw, body.at, body.device, body.task, body.symbology or "", body.sends_gs)
    return answer(accept_scan(incoming, me()))


class ScanPath(BaseModel):
    """A scan's id."""

    scan_id: str = Field(max_length=36)


@bp.get("/scans/<scan_id>", responses={"200": ScanOut})
@allow()
def get_scan(path: ScanPath) -> Response:
    """The stored answer of a scan."""
    record = db.session.get(ScanRecord, path.scan_id)
    if record is None or record.site_id != me().site_id:
        raise Refusal("unknown_document", path.scan_id, "scan")
    return answer({**json.loads(record.answer), "raw": record.raw, "device": record.device, "at": record.occurred_at})
