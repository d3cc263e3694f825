"""Devices: which there are, what each has not sent, who may use it; and the way in for a file that a phone exported."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from scanner import devices, profiles
from scanner.accept import storable
from scanner.audit import audit
from scanner.db import db, transact
from scanner.models import Device, Person
from scanner.refusals import Refusal
from web import batch
from web.auth import allow, me, takes
from web.config import FORM_BYTES
from web.kept import Drain, instant
from web.page import act, one, slice_of, typed
from web.pwa import shell

bp = Blueprint("devices", __name__, url_prefix="/devices")

FILE_KIND: Final = "scandock-unsent"
FILE_VERSIONS: Final = (1,)
FILE_BYTES: Final = 8 * 1024 * 1024  # some ten thousand scans
LONGEST_S: Final = 20  # of one request; what is left then comes with the same file again
CLOCK_OFF_S: Final = 120  # worth a word
ROWS_SHOWN: Final = 200
OK: Final = 200


@bp.get("")
@allow()
def index() -> str:
    """All devices of the site: those whose scans have waited longest first."""
    found, words = slice_of(devices.listed(me())), _words()
    return render_template("devices/index.html", nav="/devices", found=found, is_worrying=devices.is_worrying, **words)


def _words() -> dict[str, Any]:
    return {
        "version": shell().version,
        "clock_off_s": CLOCK_OFF_S,
        "gs_form": profiles.gs_form,
        "faults": profiles.faults,
    }


@bp.get("/<int:device_id>")
@allow()
def page(device_id: int) -> str:
    """One device: how it is, what it has in hand, what is known of its scanner."""
    device = one(Device, device_id)
    profile = profiles.row_of(device.device, me())
    people = {device.enrolled_by, device.seen_by} | ({profile.checked_by} if profile else set())
    return render_template(
        "devices/page.html",
        nav="/devices",
        device=device,
        names=dict(db.session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all()),
        tasks=devices.tasks_on(device),
        profile=profile,
        **_words(),
    )


@bp.post("/<int:device_id>/name")
@allow()
def rename(device_id: int) -> AnyResponse:
    """Give it the name that is written on it."""
    by, device, name = me(), one(Device, device_id), typed("name", 40)
    return act(lambda: devices.rename(device, name, by), "The name is on file.", f"/devices/{device_id}")


@bp.post("/<int:device_id>/revoke")
@allow()
def revoke(device_id: int) -> AnyResponse:
    """Take its credential away."""
    by, device = me(), one(Device, device_id)
    done = f"{device.called} may not log in or send any more. What it has not sent stays on it."
    return act(lambda: devices.revoke(device, by), done, f"/devices/{device_id}")


@bp.post("/<int:device_id>/readmit")
@allow()
def readmit(device_id: int) -> AnyResponse:
    """Let it in again."""
    by, device = me(), one(Device, device_id)
    return act(
        lambda: devices.readmit(device, by), f"{device.called} may log in and send again.", f"/devices/{device_id}"
    )


@bp.post("/<int:device_id>/drop-profile")
@allow()
def drop_profile(device_id: int) -> AnyResponse:
    """Forget its scanner. It hears of it with its next full page and offers the check again."""
    by, device = me(), one(Device, device_id)
    profile = profiles.row_of(device.device, by)
    done = f"{device.called} is asked for the check of its scanner again."
    return act(lambda: profiles.drop_profile(profile, by) if profile else None, done, f"/devices/{device_id}")


# --- a file of unsent scans ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Report:
    """What became of a file."""

    device: str
    results: list[tuple[dict[str, Any], dict[str, Any]]]  # each scan with its answer
    left: int  # that were not looked at

    @property
    def counts(self) -> dict[str, int]:
        """How many ended how."""
        found: dict[str, int] = {}
        for _scan, answer in self.results:
            word = "known already" if answer.get("replayed") else answer["became"]
            found[word] = found.get(word, 0) + 1
        return found

    @property
    def odd(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Those that were not simply accepted."""
        return [pair for pair in self.results if pair[1]["became"] != "accepted"]


@bp.get("/import")
@allow()
def import_page() -> str:
    """Where a phone's file comes in."""
    return _import_page(None)


@bp.post("/import")
@allow()
@takes(FILE_BYTES + FORM_BYTES)
def import_file() -> Response:
    """Take the scans of a file as if the phone had sent them: each once, in its person's name, on record."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return make_response(_import_page(None, "Choose a file."), 422)
    try:
        report = _take(_read(upload.stream.read(FILE_BYTES + 1)))
    except Refusal as refusal:
        return make_response(_import_page(None, refusal.say), 422)
    return make_response(_import_page(report))


def _import_page(report: Report | None, error: str = "") -> str:
    return render_template("devices/import.html", nav="/devices", report=report, error=error, shown=ROWS_SHOWN)


def _read(data: bytes) -> dict[str, Any]:
    """The file's content. Refuses bad_request."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refusal("bad_request", "That file is no JSON, or not whole.") from error
    if not isinstance(found, dict) or found.get("kind") != FILE_KIND or not isinstance(found.get("scans"), list):
        raise Refusal("bad_request", "That is no file of unsent scans.")
    if found.get("version") not in FILE_VERSIONS:
        raise Refusal("bad_request", "That file is of a newer Scandock. Update this one first.")
    return found


def _take(file: dict[str, Any]) -> Report:
    by, name = me(), storable(str(file.get("device", "")))[:64]
    sender, clock = devices.of_file(name, instant(file.get("exported_at")), by)
    scans = [scan if isinstance(scan, dict) else {} for scan in file["scans"]]
    drain, report = Drain(sender, clock, site_id=by.site_id), Report(name, [], len(scans))
    until = time.monotonic() + LONGEST_S
    for part in _parts(scans):
        results = batch.taken(part, drain.take).get_json()["results"]
        report.results += zip(part, map(_became, results), strict=False)
        report.left -= len(results)
        if len(results) < len(part) or time.monotonic() > until:
            break
    words = ", ".join(f"{count} {word}" for word, count in report.counts.items())
    transact(lambda: audit(by, "device.import", name, words))
    return report


def _became(result: dict[str, Any]) -> dict[str, Any]:
    """A scan's answer, with a word for what became of it."""
    became = result["answer"]["outcome"] if result["status"] == OK else "not recorded"
    return {**result["answer"], "became": became}


def _parts(scans: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(scans)
    while part := list(islice(rest, batch.MOST_SCANS)):
        yield part
