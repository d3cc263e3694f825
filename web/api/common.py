"""What the parts of the API share: strict models, pages of a list, the description of the whole."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, make_response
from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Select

from scanner.db import db
from web.auth import public

PREFIX = "/api/v1"
MOST_ID = 2**63 - 1  # what both engines can look for
PAGE = 100  # entries of a list, unless the client asks for fewer
SECURITY = [{"bearer": list[str]()}]


class Strict(BaseModel):
    """A body that is taken at its word: no text for a number, no unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Page(BaseModel):
    """Which part of a list is wanted: the entries after the one with this id."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(0, ge=0, le=MOST_ID, description="the last id of the page before")
    limit: int = Field(PAGE, ge=1, le=500)


class Said(BaseModel):
    """Why something was not done."""

    code: str
    say: str
    next: str = ""


def blueprint(name: str) -> APIBlueprint:
    """A part of the API; every route of it wants a bearer token."""
    return APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=PREFIX,
        abp_security=SECURITY,
        abp_tags=[{"name": name}],
        abp_responses={"401": Said, "403": Said, "422": Said, "503": Said},
    )


def listed(query: Select[Any], column: Any, page: Page) -> list[Any]:
    """One page of a query in the order of an id column."""
    return list(db.session.scalars(query.where(column > page.after).order_by(column).limit(page.limit)))


def answer(data: Any, status: int = 200) -> Response:
    """JSON with a status."""
    response = make_response(jsonify(data))
    response.status_code = status
    return response


def bad_body(error: ValidationError) -> Response:
    """422 for a body or a query that cannot be read: each field with what is wrong."""
    errors = [{"field": ".".join(str(part) for part in e["loc"]), "reason": e["msg"]} for e in error.errors()]
    first = errors[0] if errors else {"field": "", "reason": "it cannot be read"}
    say = f"{first['field'] or 'The body'}: {first['reason']}"
    return answer({"code": "bad_request", "say": say, "next": "Mend the request.", "errors": errors}, 422)


@public
def document_page() -> Response:
    """The OpenAPI document of the API."""
    return answer(current_app.api_doc)  # type: ignore[attr-defined]
