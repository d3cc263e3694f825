"""Trust: the page from which a phone takes the station's own certificate authority, where the station has one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template
from werkzeug.exceptions import NotFound

from web.auth import public

bp = Blueprint("trust", __name__, url_prefix="/trust")


def authority() -> Path:
    """The authority's certificate (it is no secret). NotFound where the station is not served by its own https."""
    folder = current_app.config["CERTIFICATES"]
    if not folder or not (folder / "ca.crt").is_file():
        raise NotFound
    return Path(folder) / "ca.crt"


@bp.get("/")
@public
def index() -> str:
    """How a phone is told to trust this station, step by step for each kind of phone."""
    authority()
    return render_template("trust/index.html")


@bp.get("/scandock-ca.crt")
@public
def certificate() -> Response:
    """The certificate, under the type that makes a phone offer to install it."""
    return Response(authority().read_bytes(), mimetype="application/x-x509-ca-cert")
