"""Photos by API: a picture comes in, its codes go out. Nothing is booked and nothing of the picture is kept."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, Field

from scanner.photos import codes_in
from web.api.common import answer, blueprint
from web.auth import EVERYONE, allow, me, takes
from web.photos import UPLOAD_BYTES, photo

bp = blueprint("photos")

_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FORM: dict[str, Any] = {"schema": {"type": "object", "properties": {"photo": _BINARY["schema"]}}}
BODY = {
    "required": True,
    "description": "JPEG, PNG, WebP, BMP or GIF as the body itself, or as the file of a form",
    "content": {"image/*": _BINARY, "application/octet-stream": _BINARY, "multipart/form-data": _FORM},
}


class CodeOut(BaseModel):
    """One code of a picture."""

    text: str = Field(description="what it says; EAN and UPC as GTIN-14")
    raw: str = Field(description="what a scanner would send: give it to /scans, with `aim` as its symbology")
    symbology: str = Field(description="EAN13, UPCA, Code128, ITF, QRCode, DataMatrix, DataBarExp, ...")
    aim: str | None = Field(description="AIM identifier such as ]C1; none where GS1 cannot be told from plain data")
    gtin: str | None
    corners: list[tuple[int, int]] = Field(description="in pixels of the upright picture, from top left clockwise")
    engine: str
    is_sure: bool = Field(description="two readings agree, or the symbol proves itself; else let a person confirm")
    words: str = Field(description="what it is here; empty if it names nothing")
    names: list[str]


class CodesOut(BaseModel):
    """Every code of a picture, from top to bottom."""

    codes: list[CodeOut]


@bp.post("/read", request_body=BODY, responses={"200": CodesOut})
@takes(UPLOAD_BYTES)
@allow(*EVERYONE)
def post_read() -> Response:
    """Read the barcodes of a picture. 422 says why none came out, and what to try."""
    return answer({"codes": [seen.as_json() for seen in codes_in(photo(), by=me())]})
