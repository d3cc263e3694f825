"""Discrepancies: the inbox of what book and floor disagree about; with both stories and the legal ways out."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from scanner import discrepancies
from scanner.db import db
from scanner.desk import documents, history
from scanner.discrepancies import RESOLUTIONS
from scanner.models import Discrepancy, Move
from web.auth import allow, me
from web.page import act, argument, one, slice_of, typed

bp = Blueprint("discrepancies", __name__)

STATES = ("open", "resolved")
BACK = {"board": "/board", "inbox": "/discrepancies"}  # where a decision was made


@bp.get("/discrepancies")
@allow()
def index() -> str:
    """What waits for a decision, the oldest first."""
    by, kind = me(), argument("kind")
    status = argument("status") or "open"
    where = [Discrepancy.status == status] + ([Discrepancy.kind == kind] if kind else [])
    return render_template(
        "discrepancies/index.html",
        nav="/discrepancies",
        found=slice_of(documents.cases(by, *where)),
        status=status,
        states=STATES,
        kind=kind,
        kinds=list(RESOLUTIONS),
        resolutions=RESOLUTIONS,
    )


@bp.get("/discrepancies/<int:case_id>")
@allow()
def page(case_id: int) -> str:
    """One case, with the moves at its place before it and because of it."""
    by, case = me(), one(Discrepancy, case_id)
    row = db.session.execute(documents.cases(by, Discrepancy.id == case_id)).one_or_none()
    if row is None:
        raise NotFound
    where = Move.item_id == case.item_id
    if case.location_id:
        where &= history.of_location(case.location_id)
    moves = db.session.execute(history.moves(by, where).limit(15)).all() if case.item_id else []
    return render_template(
        "discrepancies/page.html", nav="/discrepancies", row=row, case=case, resolutions=RESOLUTIONS, moves=moves
    )


@bp.post("/discrepancies/<int:case_id>/take")
@allow()
def take(case_id: int) -> Response:
    """Become the one who looks after it."""
    by = me()
    one(Discrepancy, case_id)
    return act(lambda: discrepancies.take(case_id, by=by), f"Case {case_id} is yours.", _back(case_id))


@bp.post("/discrepancies/<int:case_id>/resolve")
@allow()
def resolve(case_id: int) -> Response:
    """Decide in one of the legal ways; the decision is posted and audited."""
    by, chosen, note = me(), typed("resolution"), typed("note", 400)
    one(Discrepancy, case_id)
    return act(
        lambda: discrepancies.resolve(case_id, chosen, by=by, note=note),
        f"Case {case_id} is resolved: {chosen.replace('_', ' ')}.",
        _back(case_id),
    )


def _back(case_id: int) -> str:
    return BACK.get(typed("from"), f"/discrepancies/{case_id}")
