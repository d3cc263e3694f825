"""The installable shell: versioned files, the service worker's list, the manifest."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rcssmin import cssmin
from rjsmin import jsmin

from web import pwa


@pytest.fixture
def client() -> FlaskClient:
    """A bare app with nothing but the shell."""
    app = Flask("web")
    pwa.init_app(app)
    app.add_template_global(lambda: "nonce", "csp_nonce")
    return app.test_client()


def url(client: FlaskClient, name: str) -> str:
    """Where a file is served."""
    with client.application.app_context():
        return pwa.shell().url(name)


def test_a_file_of_this_version_may_be_kept_for_ever(client: FlaskClient) -> None:
    answer = client.get(url(client, "scan.js"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/javascript"
    assert answer.data == jsmin((pwa.STATIC / "scan.js").read_text()).encode()


def test_a_file_asked_for_under_an_old_version_is_served_but_not_kept(client: FlaskClient) -> None:
    answer = client.get("/shell/000000000000/scan.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["nothing.js", "../web/pwa.py", "service-worker.js", "vendor/MANIFEST.json"])
def test_nothing_but_the_shell_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/shell/000000000000/{name}").status_code == 404


def test_text_goes_packed_to_those_who_can_unpack_it(client: FlaskClient) -> None:
    answer = client.get(url(client, "css/station.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == cssmin((pwa.STATIC / "css/station.css").read_text()).encode()


def test_a_page_of_work_asks_at_once_for_all_that_its_script_cannot_start_without(client: FlaskClient) -> None:
    with client.application.app_context():
        names = [path.rpartition("/")[2] for path in pwa.shell().modules("scan.js")]
    assert names[0] == "scan.js"
    assert {"work.js", "queue.js", "idb-8.0.4.umd.js"} <= set(names)
    assert not {"camera.js", "photo.js", "leave.js"} & set(names)  # fetched when they are first wanted
    assert len(names) == len(set(names))


def test_any_change_of_any_file_makes_a_new_version(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("one")
    before = pwa.read_shell(tmp_path).version
    assert pwa.read_shell(tmp_path).version == before
    (tmp_path / "a.js").write_text("two")
    changed = pwa.read_shell(tmp_path).version
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({before, changed, pwa.read_shell(tmp_path).version}) == 3


def test_the_service_worker_rules_the_whole_site_and_is_always_asked_for_anew(client: FlaskClient) -> None:
    answer = client.get("/service-worker.js")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    facts = json.loads(answer.text.splitlines()[0].removeprefix("const SHELL=").removesuffix(";"))
    assert url(client, "scan.js") in facts["shell"]
    assert url(client, "css/desk.css") not in facts["shell"]
    assert all(client.get(path).status_code == 200 for path in [*facts["shell"], facts["offline"]])
    again = client.get("/service-worker.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_all_that_phones_keep_is_small(client: FlaskClient) -> None:
    with client.application.app_context():
        kept = pwa.shell().stored()
    sizes = [len(client.get(path, headers={"Accept-Encoding": "gzip"}).data) for path in kept]
    assert sum(sizes) <= 150_000


def test_the_manifest_names_icons_that_exist(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    icons = answer.get_json(force=True)["icons"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    assert all(client.get(icon["src"]).status_code == 200 for icon in icons)
