"""Auth: who may call which route. Nobody may, unless the route says so.

Every view declares its people: `@allow("picker")`, `@allow_only("admin")` or `@public`. A route without a declaration
stops the start. One gate stands before all views: it compares the origin, finds the person behind the cookie (or, for
paths below /api/, behind the bearer token) in one statement, and checks the form token of every write by cookie.

    me()        the By of the person who is logged in; signed-out people never get that far
    sender()    the device that sends, for views that are `@by_device`: whoever is logged in on it
    allow()     supervisors and admins; they may also do whatever `allow("picker")` opens

A session that was left alone counts as signed out until its person comes back (web/idle.py). What only people with a
desk may do wants their password: a session that a badge opened is asked for it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, TypeVar

from flask import Flask, current_app, g, request
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, Row, Select, bindparam, null, select
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge, Unauthorized, UnsupportedMediaType

from scanner.by import By
from scanner.db import db, now
from scanner.devices import Sender
from scanner.models import ApiToken, Device, Person, PersonSession, Site
from scanner.models.person import ROLES
from scanner.refusals import Refusal
from scanner.secrets import hash_token
from web import idle
from web.security import UNSAFE, check_origin, cookie_name

View = TypeVar("View", bound=Callable[..., Any])

COOKIE: Final = "scandock"
DEVICE_COOKIE: Final = "scandock-device"  # outlives log-ins; see scanner/devices.py
API: Final = "/api/"
DESK: Final = frozenset(("supervisor", "admin"))
EVERYONE: Final = ROLES
PUBLIC: Final = frozenset(("public",))

MAY: Final = "may"  # the marks that a declaration leaves on a view
TAKES: Final = "takes"
BY_BADGE: Final = "by_badge"
BY_TOKEN: Final = "by_token"  # noqa: S105 - no secret
DEVICES: Final = frozenset(("device",))
FORWARDED: Final = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")

csrf = CSRFProtect()


class PasswordWanted(Forbidden):
    """The desk is open to this person, but the session was opened with a badge."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """What a page shows of the person it is made for."""

    id: int
    name: str
    roles: frozenset[str]
    left_handed: bool
    theme: str
    idle_s: int = 0  # after so long alone the page locks; 0 = never

    @property
    def is_supervisor(self) -> bool:
        """True for people who have a desk."""
        return bool(self.roles & DESK)

    @property
    def is_admin(self) -> bool:
        """True for people who set up others."""
        return "admin" in self.roles


# --- what a route declares ---------------------------------------------------------------------------------------


def allow(*roles: str) -> Callable[[View], View]:
    """Open a view to these roles, and to supervisors and admins."""
    return allow_only(*roles, *DESK)


def allow_only(*roles: str) -> Callable[[View], View]:
    """Open a view to these roles and to nobody else."""
    unknown = set(roles) - set(ROLES) - PUBLIC
    if unknown:
        raise ValueError(f"there are no such roles: {sorted(unknown)}")

    def declare(view: View) -> View:
        view.__dict__[MAY] = frozenset(roles)
        return view

    return declare


def public(view: View) -> View:
    """Open a view to everybody, logged in or not."""
    return allow_only(*PUBLIC)(view)


def takes(limit_bytes: int) -> Callable[[View], View]:
    """Let a view take an upload that is larger than a form."""

    def declare(view: View) -> View:
        view.__dict__[TAKES] = limit_bytes
        return view

    return declare


def by_badge(view: View) -> View:
    """Open a view for the desk's people to a session without their password: where they are asked for it."""
    view.__dict__[BY_BADGE] = True
    return view


def by_token(view: View) -> View:
    """Open a view outside of /api/ as one of the API: it asks for a bearer token, never for a cookie."""
    view.__dict__[BY_TOKEN] = True
    return view


def by_device(view: View) -> View:
    """Open a view to devices under their own credential, whoever is logged in on them; it takes and gives JSON only.

    The browser sends the cookie by itself, so the origin is compared as for pages. A form token is not wanted: it would
    end with the log-in that the device's scans outlive. No form of another site can send JSON.
    """
    view.__dict__[MAY] = DEVICES
    return view


def publish(app: Flask, blueprint: str) -> None:
    """Open every view of a blueprint that holds no person's data (the installable shell)."""
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint}."):
            public(view)


@dataclass(frozen=True, slots=True)
class Access:
    """What a route has declared."""

    may: frozenset[str]
    takes: int | None  # bytes; None = as much as a form
    by_badge: bool = False
    by_token: bool = False

    @property
    def is_public(self) -> bool:
        """True if nobody is asked who they are."""
        return self.may == PUBLIC

    @property
    def by_device(self) -> bool:
        """True for what devices send, whoever is logged in on them."""
        return self.may == DEVICES

    @property
    def wants_password(self) -> bool:
        """True for what only people with a desk may do: a badge and a PIN are not enough (reliability, 5.7)."""
        return self.may <= DESK and not self.by_badge


def check_declared(app: Flask) -> None:
    """Note what every route declares. Raises LookupError when one does not say who may use it."""
    declared = {endpoint: view.__dict__ for endpoint, view in app.view_functions.items()}
    silent = [str(rule) for rule in app.url_map.iter_rules() if MAY not in declared[rule.endpoint]]
    if silent:
        raise LookupError(f"routes that do not say who may use them: {', '.join(sorted(silent))}")
    app.extensions["access"] = {
        endpoint: Access(marks[MAY], marks.get(TAKES), BY_BADGE in marks, BY_TOKEN in marks)
        for endpoint, marks in declared.items()
        if MAY in marks
    }


def access_of(app: Flask) -> dict[str, Access]:
    """What each endpoint has declared."""
    access: dict[str, Access] = app.extensions["access"]
    return access


# --- the gate ----------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Put the gate before every view, and the person into every template."""
    csrf.init_app(app)
    with app.app_context():
        app.extensions["reader"] = _reader(db.engine)
    app.before_request(gate)
    app.context_processor(lambda: {"me": g.get("viewer")})


def _reader(engine: Engine) -> Engine:
    """The same pool, for one statement without a transaction. No ORM session: that would double the cost of asking.

    SQLite has a word of its own: AUTOCOMMIT would change the settings of connections that writers use.
    """
    if engine.dialect.name == "sqlite":
        return engine.execution_options(sqlite_begin="NONE")
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def gate() -> None:
    """Let a request through to its view, or raise what stops it (401, 403, 413, or 400 for the form token)."""
    if request.endpoint is None:
        return  # no such route, or no such method: the error page answers
    access: Access = current_app.extensions["access"][request.endpoint]
    _check_size(access)
    is_api = for_programs() and not access.by_device
    if not is_api:
        check_origin(request)
    if access.by_device:
        _admit_device()
        return
    if not access.is_public and not (access.by_token and is_near()):
        _admit(access, is_api=is_api)
    if request.method in UNSAFE and not is_api:
        csrf.protect()


def for_programs() -> bool:
    """Whether the address is one for programs: asked for with a token, answered in JSON or in its own format."""
    if request.path.startswith(API) or request.endpoint is None:
        return request.path.startswith(API)
    access: Access = current_app.extensions["access"][request.endpoint]
    return access.by_token or access.by_device


def for_devices() -> bool:
    """Whether the address is one for devices under their own credential."""
    access = current_app.extensions["access"].get(request.endpoint)
    return access is not None and access.by_device


def is_near() -> bool:
    """Whether a program on this very machine asks, without a proxy, where SCANDOCK_METRICS says that this is enough."""
    if current_app.config["METRICS"] != "loopback" or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _check_size(access: Access) -> None:
    """Turn away what says that it is too large before any of it is read. Raises RequestEntityTooLarge."""
    if access.takes is not None:
        request.max_content_length = access.takes
    if (request.content_length or 0) > (request.max_content_length or 0):
        raise RequestEntityTooLarge


def _admit(access: Access, *, is_api: bool) -> None:
    by = bearer() if is_api else _by_cookie()
    if by is None:
        raise Unauthorized("Log in first.")
    if not access.may & by.roles:
        raise Forbidden("Your badge does not open this.")
    g.by = by
    if access.wants_password and not (is_api or g.has_password):
        raise PasswordWanted


def _admit_device() -> None:
    """Find the device behind the cookie. Refuses device_revoked; raises Unauthorized, UnsupportedMediaType."""
    token = device_token()
    row = _find(_BY_DEVICE, {"token": hash_token(token)}) if token else None
    if row is None:
        raise Unauthorized("Log in on this device first.")
    if row.revoked_at is not None:
        raise Refusal("device_revoked")
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    g.sender = Sender(row.id, row.device, row.site_id)


def sender() -> Sender:
    """The device behind this request."""
    found: Sender = g.sender
    return found


def device_token() -> str:
    """What the device's own cookie holds; "" without one."""
    return request.cookies.get(cookie_name(DEVICE_COOKIE), "")


def me() -> By:
    """The person behind this request, with the site and the device."""
    by: By | None = g.get("by")
    if by is None:
        raise Unauthorized("Log in first.")
    return by


def _people(*columns: Any) -> Select[Any]:
    return select(
        Person.id,
        Person.name,
        Person.site_id,
        Site.timezone,
        Person.roles,
        Person.is_left_handed,
        Person.theme,
        *columns,
    ).join(Site, Site.id == Person.site_id)


_BY_COOKIE = (
    _people(PersonSession.device, PersonSession.seen_at, PersonSession.has_password, Device.id.label("device_id"))
    .join(PersonSession, PersonSession.person_id == Person.id)
    .outerjoin(Device, Device.device == PersonSession.device)
    .where(
        PersonSession.token_hash == bindparam("token"),
        PersonSession.revoked_at.is_(None),
        PersonSession.expires_at > bindparam("now"),
        Person.is_active,
    )
)
_BY_TOKEN = (
    _people(ApiToken.name.label("device"), null().label("device_id"))
    .join(ApiToken, ApiToken.person_id == Person.id)
    .where(ApiToken.token_hash == bindparam("token"), ApiToken.revoked_at.is_(None), Person.is_active)
)
_BY_DEVICE: Any = select(Device.id, Device.device, Device.site_id, Device.revoked_at).where(
    Device.token_hash == bindparam("token")
)


def _by_cookie() -> By | None:
    token = session_token()
    row = _find(_BY_COOKIE, {"token": hash_token(token), "now": now()}) if token else None
    if row is None or idle.is_locked(row.seen_at, has_password=row.has_password):
        return None
    idle.note(token, row.seen_at)
    g.has_password = row.has_password
    return _who(row, int(idle.limit(has_password=row.has_password).total_seconds()))


def session_token() -> str:
    """What the session's cookie holds; "" without one."""
    return request.cookies.get(cookie_name(COOKIE), "")


def bearer() -> By | None:
    """The person that an API token acts as; None without a good token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        return None
    row = _find(_BY_TOKEN, {"token": hash_token(token.strip())})
    return _who(row) if row else None


def _find(query: Select[Any], values: dict[str, Any]) -> Row[Any] | None:
    with current_app.extensions["reader"].connect() as connection:
        row: Row[Any] | None = connection.execute(query, values).one_or_none()
    return row


def _who(row: Row[Any], idle_s: int = 0) -> By:
    roles = frozenset(row.roles)
    g.viewer = Viewer(row.id, row.name, roles, row.is_left_handed, row.theme, idle_s)
    lease_s = current_app.config["TASK_LEASE_S"]
    return By(row.id, row.name, row.site_id, row.timezone, roles, row.device or "desk", row.device_id, lease_s)
