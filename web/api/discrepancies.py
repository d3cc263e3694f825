"""Discrepancies by API: what waits for a decision, and deciding it."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, Field

from scanner import discrepancies
from scanner.db import transact
from scanner.models import Discrepancy
from web.api.common import Strict, answer, blueprint
from web.auth import allow, me

bp = blueprint("discrepancies")


class CasePath(BaseModel):
    """A discrepancy's number."""

    case_id: int


class ResolutionIn(Strict):
    """How it is resolved."""

    resolution: str
    note: str = Field("", max_length=400)


def _shown(case: Discrepancy) -> dict[str, Any]:
    fields = (
        "id",
        "kind",
        "status",
        "book",
        "floor",
        "qty",
        "opened_at",
        "resolution",
        "note",
        "resolved_at",
        "scan_id",
    )
    legal = [r.code for r in discrepancies.RESOLUTIONS[case.kind]] if case.status == "open" else []
    return {**{f: getattr(case, f) for f in fields}, "location": discrepancies.where(case), "resolutions": legal}


@bp.get("/discrepancies")
@allow()
def list_discrepancies() -> Response:
    """The open ones, oldest first, each with its legal resolutions."""
    return answer({"discrepancies": [_shown(case) for case in discrepancies.open_cases(me())]})


@bp.post("/discrepancies/<int:case_id>/resolve")
@allow()
def resolve_discrepancy(path: CasePath, body: ResolutionIn) -> Response:
    """Resolve one in one of its legal ways."""
    by = me()
    return answer(transact(lambda: _shown(discrepancies.resolve(path.case_id, body.resolution, by=by, note=body.note))))
