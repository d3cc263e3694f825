"""The JSON API under /api/v1, described by its own OpenAPI document: the same core that the pages call.

Every outcome that is on record answers 200, a refused scan too: `outcome` says what became of it. 422 is for what is
not on record: a request that cannot be read, a scan id that came before with other content.
"""

from __future__ import annotations

from flask import Flask

from web.api import discrepancies, documents, imports, items, locations, printing, read, scans, stock, tasks
from web.api.common import document_page


def init_app(app: Flask) -> None:
    """Register every part of the API and its description."""
    for part in (tasks, scans, read, items, locations, stock, documents, discrepancies, imports, printing):
        app.register_api(part.bp)  # type: ignore[attr-defined]
    app.add_url_rule("/api/v1/openapi.json", "openapi_document", document_page)
