"""The installable shell: static files under a versioned path, the manifest, the service worker, the offline page.

Every file of `static/` is served below `/shell/<version>/`, where the version is a hash over all of them. So a file may
be cached for ever, modules that import each other stay together, and a new version can never mix with an old one.
Nothing here holds a person's data: the service worker stores these files and the offline page, nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import rcssmin
import rjsmin
from flask import Blueprint, Flask, Response, abort, current_app, render_template, request

bp = Blueprint("pwa", __name__)

STATIC = Path(__file__).parent.parent / "static"
NOT_IN_THE_SHELL = {"service-worker.js", "MANIFEST.json"}
SELDOM_NEEDED = (".txt", ".md", "-maskable.png", "desk.css")  # served, but not stored on every phone
# stored at its first use
CAMERA = ("camera.js", "agreement.js", "camera-worker.js", "camera.css", ".reader.js", ".wasm")
FOR_EVER = "public, max-age=31536000, immutable"
# A third of what we write there is for people; a radio need not carry it.
MINIFY = {".js": rjsmin.jsmin, ".css": rcssmin.cssmin}
IMPORT = re.compile(r'^import (?:[^"();]* from )?"\./([^"]+)";', re.MULTILINE)
PACKED_TYPES = ("text/", "application/json", "image/svg+xml", "application/javascript", "application/wasm")
# The decoder compiles WebAssembly; no page may, so the right stands on this one file.
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types scandock"
)

mimetypes.add_type("text/javascript", ".js")  # some systems' tables say text/plain, which modules refuse
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("application/wasm", ".wasm")  # browsers compile it while it comes in only under this name


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file as it goes over the wire."""

    body: bytes
    packed: bytes  # gzip, empty where packing does not pay
    mimetype: str
    imports: tuple[str, ...] = ()  # the modules that this one cannot start without, by their names


@dataclass(frozen=True, slots=True)
class Shell:
    """All static files of one version, held in memory: two megabytes, most of it the camera's decoder."""

    assets: Mapping[str, Asset]
    version: str = field(default="")

    def url(self, name: str) -> str:
        """The path under which a file of this version is served. KeyError names a file that is not there."""
        if name not in self.assets:
            raise KeyError(name)
        return f"/shell/{self.version}/{name}"

    def modules(self, name: str) -> list[str]:
        """The paths of a module and all that it cannot start without: a page asks for them together, not in turn."""
        found = [name]
        for each in found:
            found += [path for path in self.assets[each].imports if path not in found]
        return [self.url(each) for each in found]

    def stored(self) -> list[str]:
        """The paths that a phone keeps for a start without a network."""
        return [self.url(name) for name in sorted(self.assets) if not name.endswith(SELDOM_NEEDED + CAMERA)]


def init_app(app: Flask, static: Path = STATIC) -> None:
    """Reads the static files and gives templates `asset(name)`. In debug mode they are read anew for each page."""
    app.extensions["shell"] = read_shell(static)
    app.register_blueprint(bp)
    app.add_template_global(lambda name: shell().url(name), "asset")
    app.add_template_global(lambda name: shell().modules(name), "modules")
    if app.debug:
        app.before_request(lambda: app.extensions.update(shell=read_shell(static)))


def shell() -> Shell:
    """The running app's static files."""
    found: Shell = current_app.extensions["shell"]
    return found


def read_shell(static: Path) -> Shell:
    """Reads every file below a folder, and names the version after their names and contents."""
    files = sorted(path for path in static.rglob("*") if path.is_file() and path.name not in NOT_IN_THE_SHELL)
    assets = {path.relative_to(static).as_posix(): _asset(path, path.stat().st_mtime_ns) for path in files}
    digest = hashlib.sha256()
    for name, asset in assets.items():
        digest.update(f"{name}\0{len(asset.body)}\0".encode() + asset.body)
    return Shell(assets, digest.hexdigest()[:12])


@cache  # packing all of them takes longer than the rest of a start
def _asset(path: Path, _changed_at: int) -> Asset:
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body, imports = path.read_bytes(), []
    minify = MINIFY.get(path.suffix)
    if minify and path.parent.name != "vendor":  # what others wrote stays as its hash says
        imports = IMPORT.findall(body.decode())
        body = minify(body.decode()).encode()
    packed = gzip.compress(body, mtime=0) if mimetype.startswith(PACKED_TYPES) else b""
    return Asset(body, packed if len(packed) < len(body) else b"", mimetype, tuple(imports))


@bp.get("/shell/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """One static file. A page of an older version still gets its file, but not for keeps."""
    found = shell().assets.get(name) or abort(404)
    caching = FOR_EVER if version == shell().version else "no-cache"
    packs = bool(found.packed) and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(found.packed if packs else found.body, mimetype=found.mimetype)
    response.headers["Cache-Control"] = caching
    response.headers["Vary"] = "Accept-Encoding"
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    if name == "camera-worker.js":
        response.headers["Content-Security-Policy"] = WORKER_POLICY
    return response


@bp.get("/service-worker.js")
def service_worker() -> Response:
    """The service worker, from the root so that it may serve every page, headed by what it is to store."""
    facts = {"version": shell().version, "shell": shell().stored(), "offline": "/offline"}
    source = MINIFY[".js"]((STATIC / "service-worker.js").read_text(encoding="utf-8"))
    response = Response(f"const SHELL={json.dumps(facts)};\n{source}", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    response.add_etag(weak=True)  # browsers look for a new one with every page
    response.make_conditional(request)
    return response


@bp.get("/offline")
def offline() -> Response:
    """The station as it opens without a network. It holds no data of anybody, not even a form token."""
    response = Response(render_template("offline.html", me=None, csrf_token=lambda: ""))
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to put Scandock on its home screen."""
    facts = {
        "id": "/",
        "name": "Scandock",
        "short_name": "Scandock",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#10151c",
        "theme_color": "#10151c",
        "launch_handler": {"client_mode": "navigate-existing"},
        "icons": [_icon("192", "any"), _icon("512", "any"), _icon("512", "maskable")],
        "shortcuts": [{"name": name, "url": url} for name, url in SHORTCUTS],
    }
    response = Response(json.dumps(facts), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


SHORTCUTS = (("Receive", "/receive/"), ("Pick", "/pick/"), ("Count", "/count/"))


def _icon(size: str, purpose: str) -> dict[str, str]:
    name = f"icons/scandock-{size}{'-maskable' if purpose == 'maskable' else ''}.png"
    return {"src": shell().url(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
