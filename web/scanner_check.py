"""Scanner check. Open to everybody, because a badge can be scanned only with a scanner that works.

Nothing is stored for people who are not logged in: the page keeps their result and sends it after the log-in. It sends
what arrived, not what was found, so a profile is always the server's own finding.
"""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from labels.check_sheet import drawn
from scanner.barcode.check_scanner import SYMBOLS, Burst, examine
from scanner.db import transact
from scanner.profiles import keep_profile, profile_of
from scanner.refusals import Refusal
from web.auth import EVERYONE, allow, me, public

bp = Blueprint("scanner_check", __name__, url_prefix="/scanner")

DEVICE_LENGTH = 64
A_DAY = "public, max-age=86400"


class BurstIn(BaseModel):
    """One scan as the page has recorded it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    asked: str = Field(max_length=16)
    tokens: list[str] = Field(max_length=300)
    gaps: list[float] = Field(max_length=300)
    source: Literal["keys", "input", "serial"]
    has_caps: bool
    keyboard: Literal["none", "plain"]

    def burst(self) -> Burst:
        """The same for the core: gaps as whole ms, tokens no longer than the longest key's name."""
        gaps = tuple(min(60_000, max(0, round(gap))) for gap in self.gaps)
        tokens = tuple(token[:16] for token in self.tokens if token)
        return Burst(self.asked, tokens, gaps, self.source, self.has_caps, self.keyboard)


_BURSTS = TypeAdapter(list[BurstIn])
_MOST_BURSTS = 20


@bp.get("")
@public
def check() -> str:
    """The check from its start."""
    return render_template("scanner/check.html", report=examine([]), symbols=SYMBOLS)


@bp.post("/check")
@public
def look_at() -> str:
    """What the scans so far say, and which symbol comes next."""
    return render_template("scanner/_check.html", report=examine(_bursts()), symbols=SYMBOLS)


@bp.get("/sheet")
@public
def sheet() -> str:
    """The symbols for paper or a second screen, and how to set a scanner."""
    return render_template("scanner/sheet.html", symbols=SYMBOLS)


@bp.get("/symbol/<name>.svg")
@public
def symbol(name: str) -> Response:
    """One symbol as bars; ?matrix=1 as a Data Matrix."""
    if name not in {each.name for each in SYMBOLS}:
        abort(404)
    response = Response(drawn(name, is_matrix="matrix" in request.args), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = A_DAY
    return response


@bp.get("/profile")
@allow(*EVERYONE)
def profile() -> Response:
    """What is known of a device's scanner; 204 if nothing is."""
    found = profile_of(request.args.get("device", "")[:DEVICE_LENGTH], me())
    return jsonify(found.as_json()) if found else make_response("", 204)


@bp.post("/profile")
@allow(*EVERYONE)
def keep() -> Response:
    """Store the profile that these scans show. Refuses scanner_misleads when they show none."""
    device, by = request.form.get("device", "").strip()[:DEVICE_LENGTH], me()
    found = examine(_bursts()).profile
    if found is None or not device:
        raise Refusal("scanner_misleads")
    transact(lambda: keep_profile(device, found, by))
    return jsonify(found.as_json())


def _bursts() -> list[Burst]:
    try:
        return [each.burst() for each in _BURSTS.validate_json(request.form.get("bursts", ""))][-_MOST_BURSTS:]
    except ValidationError:
        abort(400)
