"""Imports: a CSV or JSON file comes in, whole or not at all, and every bad row is told."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from scanner.imports import KINDS, MOST_BYTES, Report, columns, import_file
from web.auth import allow, me, takes
from web.config import FORM_BYTES
from web.page import typed

bp = Blueprint("imports", __name__)


@bp.get("/imports")
@allow()
def index() -> str:
    """What can be imported, and how its columns are called."""
    return _page(None)


@bp.post("/imports")
@allow()
@takes(MOST_BYTES + FORM_BYTES)
def run() -> Response:
    """Check the file, or check and import it; the report says what happened."""
    upload = request.files.get("file")
    kind = typed("kind")
    if upload is None or not upload.filename:
        return make_response(_page(None, kind, "Choose a file."), 422)
    if kind not in KINDS:
        return make_response(_page(None, "", "Choose what the file holds."), 422)
    data = upload.stream.read(MOST_BYTES + 1)
    report = import_file(kind, data, upload.filename, by=me(), dry_run="check" in request.form)
    return make_response(_page(report, kind), 200 if report.is_ok else 422)


def _page(report: Report | None, kind: str = "", error: str = "") -> str:
    return render_template(
        "imports/index.html",
        nav="/imports",
        kinds={name: columns(name) for name in KINDS},
        report=report,
        kind=kind,
        error=error,
        most_mb=MOST_BYTES // 1_000_000,
    )
