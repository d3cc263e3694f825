"""Security: what every answer tells the browser to refuse, and which requests are not ours to begin with.

The policy is explained in docs/decisions/0001-htmx-4.md: nothing inline, no eval, one nonce per answer.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx scandock"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), screen-wake-lock=(self), fullscreen=(self), geolocation=(), microphone=(), "
    "payment=(), usb=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PDF = "application/pdf"
# A paper stands in a frame of our own pages, in the browser's viewer, which the policy of pages would keep out.
PDF_POLICY = "script-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
HSTS = "max-age=31536000"
OURS = ("same-origin", "none")  # 'none': typed into the address line, or from the home screen
UNSAFE = frozenset(("POST", "PUT", "PATCH", "DELETE"))


class FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie. It holds the form token and one-time messages, never who is logged in."""

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - Flask's face
        """A browser keeps a __Host- cookie to this host and to https; plain http has to do without."""
        return cookie_name("scandock-form")

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Secure wherever there is https; a station in a plain local network has none."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Set headers on every answer, and believe the proxies that the settings name, no others."""
    app.session_interface = FormCookie()
    app.after_request(protect)
    app.add_template_global(csp_nonce, "csp_nonce")
    count = app.config["PROXIES"]
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def cookie_name(name: str) -> str:
    """The cookie's name on this connection."""
    return f"__Host-{name}" if request.is_secure else name


def csp_nonce() -> str:
    """The random word of this answer that its own scripts and htmx elements carry."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(12)
    return str(g.nonce)


def protect(response: Response) -> Response:
    """Add the security headers. What has not said otherwise is never stored."""
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        is_paper = response.mimetype == PDF
        headers["Content-Security-Policy"] = PDF_POLICY if is_paper else POLICY.format(nonce=csp_nonce())
    headers.update(HEADERS)
    if response.mimetype == PDF:
        headers["X-Frame-Options"] = "SAMEORIGIN"
    # A station that signs for itself may be asked by plain http again: no browser may be told never to.
    if request.is_secure and not current_app.config["CERTIFICATES"]:
        headers["Strict-Transport-Security"] = HSTS
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    return response


def check_origin(incoming: Request) -> None:
    """Refuse a write that another site's page sends. Raises Forbidden.

    Browsers name the origin of every unsafe request; programs with a token send none.
    """
    if incoming.method not in UNSAFE:
        return
    site = incoming.headers.get("Sec-Fetch-Site")
    origin = incoming.headers.get("Origin")
    is_foreign = site not in OURS if site else bool(origin) and urlsplit(origin or "").netloc != incoming.host
    if is_foreign:
        raise Forbidden("That came from another site.")
