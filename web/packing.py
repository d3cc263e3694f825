"""Packing: what a station fetches with every scan, made small for its radio.

Only answers in which nobody else can have placed a word are packed: a scan's, which its form token has proved to be the
person's own, the coming steps and the service worker, which hold no secret. Pages stay as they are: they hold a form
token, and where somebody else may choose words beside a secret, the packed length tells of it (BREACH).
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

LEAST = 1_000  # bytes; less fits into one packet anyway
LEVEL = 6  # half a megabyte of coming steps takes 5 ms
PACKED = (("POST", "/scan"), ("GET", "/ahead"), ("GET", "/service-worker.js"))


def init_app(app: Flask) -> None:
    """Pack what may be packed."""
    app.after_request(pack)


def pack(response: Response) -> Response:
    """The answer, packed for those who can unpack it."""
    if not any(request.method == method and request.path.endswith(end) for method, end in PACKED):
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or len(response.get_data()) < LEAST:
        return response
    response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
