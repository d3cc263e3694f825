"""Manifests: the list, each with its carrier, door and parcels, and its paper."""

from __future__ import annotations

from flask import Blueprint, render_template

from scanner.desk import documents
from web.auth import allow, me
from web.page import argument, slice_of

bp = Blueprint("manifests", __name__)

STATES = ("open", "closed")


@bp.get("/manifests")
@allow()
def index() -> str:
    """Manifests, the youngest first."""
    filters = {name: argument(name) for name in ("q", "status")}
    found = slice_of(documents.manifests(me(), **filters))
    return render_template("manifests/index.html", nav="/manifests", found=found, states=STATES, **filters)
