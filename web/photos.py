"""Photos: the station's page sends a picture and gets its codes; the page then scans one of them as any other."""

from __future__ import annotations

import io
from typing import IO, Final

from flask import Blueprint, jsonify, request
from werkzeug.formparser import parse_form_data
from werkzeug.wrappers import Response

from scanner.barcode.image import MOST_BYTES
from scanner.photos import codes_in
from web.auth import EVERYONE, allow, me, takes
from web.config import FORM_BYTES

bp = Blueprint("photos", __name__)

UPLOAD_BYTES: Final = MOST_BYTES + FORM_BYTES


@bp.post("/photo")
@takes(UPLOAD_BYTES)
@allow(*EVERYONE)
def read() -> Response:
    """The codes of the picture that is the request's body."""
    return jsonify({"codes": [seen.as_json() for seen in codes_in(photo(), by=me())]})


def photo() -> bytes:
    """The picture of this request: its body, or the first file of a form. It stays in memory, not on a disk."""
    if request.mimetype != "multipart/form-data":
        return request.get_data(cache=False)
    files = parse_form_data(request.environ, _in_memory, max_content_length=UPLOAD_BYTES)[2]
    first = next(iter(files.values()), None)
    return first.read() if first else b""


def _in_memory(
    total_content_length: int | None,  # noqa: ARG001 - werkzeug's face
    content_type: str | None,  # noqa: ARG001
    filename: str | None,  # noqa: ARG001
    content_length: int | None = None,  # noqa: ARG001
) -> IO[bytes]:
    """Where a form's file goes, instead of a temporary file."""
    return io.BytesIO()
