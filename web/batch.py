"""Batch: scans that come together are taken in their order, each by itself and each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from flask import Response
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from web import errors
from web.api.common import answer, bad_body

MOST_SCANS: Final = 100
MOST_BYTES: Final = 3 * 1024 * 1024  # a hundred of the longest

Take = Callable[[dict[str, Any]], dict[str, Any]]


def taken(scans: Iterable[dict[str, Any]], take: Take) -> Response:
    """One result for each scan, under its id.

    One that cannot be recorded does not stop the others. When the database cannot take one, the answer is 503 with the
    results up to there; the same batch may be sent again: what is on record is answered anew.
    """
    results: list[dict[str, Any]] = []
    for each in scans:
        response = _answered(each, take)
        if response.status_code == errors.COME_BACK:
            late = answer({**response.get_json(), "results": results}, errors.COME_BACK)
            late.headers["Retry-After"] = response.headers["Retry-After"]
            return late
        scan_id = each.get("scan_id")
        results.append(
            {
                "scan_id": scan_id if isinstance(scan_id, str) else "",
                "status": response.status_code,
                "answer": response.get_json(),
            }
        )
    return answer({"results": results})


def _answered(scan: dict[str, Any], take: Take) -> AnyResponse:
    """The answer that one scan gets, whatever it meets."""
    try:
        return answer(take(scan))
    except ValidationError as error:
        return bad_body(error)
    except Exception as error:  # noqa: BLE001 - as Flask itself does for a request; the log has it
        return errors.said_of(error)
