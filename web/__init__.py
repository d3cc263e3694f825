"""The web: it unpacks a request, makes one call into `scanner`, and renders. `create_app()` puts it together."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI
from werkzeug.routing import IntegerConverter, Map

from scanner.db import db, let_go, prepare_engine
from scanner.turns import fault_note
from web import auth, cli, config, errors, packing, page, security
from web.api.common import bad_body

VERSION = "0.1.0"
PAGES = (
    *("pwa", "trust", "health", "metrics", "login", "people", "api", "station", "photos"),
    *("sending", "devices", "scanner_check"),
    *("board", "stock", "units", "items", "locations", "orders", "purchase_orders"),
    *("discrepancies", "tasks", "imports", "scans", "documents", "manifests", "company", "printers", "printing"),
    *("labels", "parcels", "backup", "ahead"),
)


class IdConverter(IntegerConverter):
    """An id in an address: what no table can hold is not found, instead of an error of the database."""

    def __init__(self, map_: Map) -> None:
        super().__init__(map_, max=2**31 - 1)


class Json(DefaultJSONProvider):
    """JSON that nests deeper than Python can read is bad JSON, and no fault of ours."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a text. Raises ValueError."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application. `overrides` replace settings, for tests. Raises config.BadSetting when it must not start."""
    app = OpenAPI(
        __name__,
        info=Info(title="Scandock", version=VERSION),
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
        validation_error_callback=bad_body,
        doc_ui=False,
        static_folder=None,
    )
    app.url_map.converters["int"] = IdConverter
    _configure(app, overrides or {})
    _add_database(app)
    packing.init_app(app)
    security.init_app(app)
    auth.init_app(app)
    errors.init_app(app)
    page.init_app(app)
    _add_pages(app)
    cli.init_app(app)
    auth.check_declared(app)
    return app


def _configure(app: Flask, overrides: Mapping[str, Any]) -> None:
    app.config.from_mapping(config.settings())
    app.config.from_mapping(overrides)
    app.config["VERSION"] = VERSION
    app.json = Json(app)
    app.json.sort_keys = False  # the order of the fields is meant


def _add_database(app: Flask) -> None:
    db.init_app(app)
    app.teardown_appcontext(lambda _error: let_go() if db.session.registry.has() else None)  # before the library's own
    is_command = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
    with app.app_context():
        prepare_engine(db.engine, may_create=is_command)
    if is_command:
        from flask_migrate import Migrate  # `flask db upgrade`; serving needs none of its 11 MB

        Migrate(app, db, directory=str(config.MIGRATIONS))
    elif app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite") and (note := fault_note(sqlite3.sqlite_version)):
        app.logger.warning(note)


def _add_pages(app: Flask) -> None:
    """Each page is a module with a blueprint `bp`, or with an `init_app` that registers more than that."""
    for name in PAGES:
        module = import_module(f"web.{name}")
        if hasattr(module, "init_app"):
            module.init_app(app)
        else:
            app.register_blueprint(module.bp)
    auth.publish(app, "pwa")
