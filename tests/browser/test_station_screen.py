"""What the eye and the thumb get: every step fits a 360 x 640 screen, can be read in glare and hit with gloves."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Response

from tests.browser.gallery import GALLERY
from tests.browser.harness import Harness, refusal, serving
from tests.browser.measure import CONTRAST, CONTRASTS, CUT_WORDS, OVERFLOWS, TARGETS, crowded, is_small
from tests.browser.station import Station
from web.pwa import STATIC, read_shell

pytestmark = pytest.mark.browser

SCREENS = [
    *GALLERY,
    "stop",
    "look",
    "more",
    "pad_sheet",
    "letters_turned",
    "home",
    "login",
    "password",
    "offline",
    "check",
]
THEMES = ["light", "dark"]
IMPORT = re.compile(r'^import (?:[^"]* from )?"\./([^"]+)"', re.MULTILINE)
KEPT = """
caches.keys().then(async ([name]) => (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname))
"""
ICON_SIZE = """
async (path) => {
  const image = await createImageBitmap(await (await fetch(path)).blob());
  return `${image.width}x${image.height}`;
}
"""


EACH_SCREEN = [(screen, "light") for screen in SCREENS]  # test_every_screen.py measures the real pages in the dark too


@pytest.fixture(scope="module", params=EACH_SCREEN, ids=lambda each: f"{each[0]}-{each[1]}")
def shown(request: pytest.FixtureRequest, chrome: Browser) -> Iterator[Station]:
    """Each screen. Nobody changes it, so its tests share it."""
    screen, theme = request.param
    with serving(Harness()) as server:
        (server.me.theme, server.me.left_handed) = (theme, theme == "dark")
        phone = Station(chrome, server.url, bypass_csp=True, service_workers="block", color_scheme=theme)
        show(phone, server, screen)
        yield phone
        phone.context.close()


def show(phone: Station, server: Harness, screen: str) -> None:
    """Brings one screen up."""
    server.prompt = GALLERY.get(screen, GALLERY["item"])
    if screen in ("stop", "look"):
        server.answer = refusal() | {"scan_id": "x", "tone": "stop" if screen == "stop" else "warn"}
    pages = {"home": "/", "login": "/login?error=Badge+or+PIN+is+wrong.", "password": "/login", "offline": "/offline"}
    pages |= {"check": "/scanner"}
    if screen == "pad_sheet":
        server.prompt = GALLERY["location"]
    if screen == "letters_turned":
        server.prompt = GALLERY["lot"]
    phone.page.goto(phone.url + pages.get(screen, "/pick/7/"))
    taps = {"more": "more", "pad_sheet": "pad", "password": "password"}
    if screen in taps:
        phone.tap(f"[data-local={taps[screen]}]")
    if screen == "letters_turned":
        phone.tap("[data-key=SIGNS]")


def test_every_step_fits_without_scrolling(shown: Station) -> None:
    assert shown.page.evaluate(OVERFLOWS) == []
    assert shown.page.evaluate(CUT_WORDS) == []


def test_all_text_is_readable_in_glare(shown: Station) -> None:
    texts = shown.page.evaluate(CONTRASTS)
    assert len(texts) > 2
    assert [text for text in texts if text["ratio"] < CONTRAST] == []
    assert [text for text in texts if text["size"] < 16] == []


def test_every_target_can_be_hit_with_gloves(shown: Station) -> None:
    targets = shown.page.evaluate(TARGETS)
    assert [target for target in targets if is_small(target)] == []
    assert crowded(targets) == []


def test_no_screen_breaks_a_rule_of_accessibility(shown: Station) -> None:
    found = Axe().run(shown.page)
    assert found.response["violations"] == [], found.generate_report()


def test_the_desk_is_accessible_in_both_themes(chrome: Browser, server: Harness) -> None:
    for theme in THEMES:
        server.me.theme = theme
        desk = Station(chrome, server.url, bypass_csp=True, viewport={"width": 1280, "height": 800})
        desk.page.goto(server.url + "/desk")
        found = Axe().run(desk.page)
        assert found.response["violations"] == [], found.generate_report()
        assert [text for text in desk.page.evaluate(CONTRASTS) if text["ratio"] < CONTRAST] == []
        assert desk.page.evaluate("document.documentElement.scrollWidth") == 1280
        desk.context.close()


def test_the_left_hand_gets_the_same_buttons_the_other_way_round(station: Station, server: Harness) -> None:
    server.prompt = GALLERY["item"]
    labels = (
        "[...document.querySelectorAll('.actions .button')].map((b) => [b.getBoundingClientRect().x, b.textContent])"
    )
    right = [label for _, label in sorted(station.open().page.evaluate(labels))]
    server.me.left_handed = True
    left = [label for _, label in sorted(station.open().page.evaluate(labels))]
    assert left == right[::-1]
    assert right == ["SHORT", "ALL 4", "UNDO", "More"]


def test_a_desk_form_shows_its_error_in_place_and_goes_on_when_right(station: Station, server: Harness) -> None:
    page = station.page
    page.goto(server.url + "/desk")
    page.click("#person button")
    station.wait(lambda: "A name is needed" in page.inner_text("#person-error"))
    page.fill("#person input[name=name]", "Ben")
    page.click("#person button")
    station.wait(lambda: page.input_value("#person input[name=name]") == "")
    assert [form["csrf_header"] for form in server.forms] == ["token", "token"]


def test_scripts_and_styles_keep_their_budget() -> None:
    """Of what a page of work loads; what it fetches when it is first wanted (import()) is counted by its own page."""
    assets = read_shell(STATIC).assets
    work = loaded("scan.js") | loaded("idle.js") | {"vendor/htmx-4.0.1.min.js", "vendor/hx-csp-4.0.1.min.js"}
    for scripts in (work, loaded("login.js") | {"camera-badge.js"}, loaded("check.js")):
        assert sum(len(assets[name].packed) for name in scripts) <= 40_000
    styles = [name for name in assets if name.endswith(".css")]
    assert sum(len(assets[name].packed) for name in styles) <= 12_000


def loaded(name: str) -> set[str]:
    """A module of the shell and all that it imports at once."""
    found: set[str] = set()
    ahead = [STATIC / name]
    while ahead:
        path = ahead.pop()
        name = path.relative_to(STATIC).as_posix()
        if name not in found:
            found.add(name)
            wanted = [] if "vendor" in name else IMPORT.findall(path.read_text())
            ahead += [path.parent / each for each in wanted]
    return found


def test_a_step_is_one_small_fragment(station: Station, server: Harness) -> None:
    server.prompt = GALLERY["item"]
    station.open()
    answers: list[Response] = []
    keep = lambda answer: None if "/shell/" in answer.url else answers.append(answer)  # noqa: E731 - not a method
    station.page.wait_for_load_state("networkidle")
    station.page.on("response", keep)
    station.scan("LA032X")
    assert [answer.url.removeprefix(server.url) for answer in answers] == ["/pick/7/scan"]
    assert len(gzip.compress(answers[0].body())) <= 3_000


def test_the_phone_keeps_the_shell_and_an_offline_page_but_no_data(station: Station, server: Harness) -> None:
    station.open()
    station.wait(lambda: station.page.evaluate("navigator.serviceWorker.controller !== null"))
    paths = station.page.evaluate(KEPT)
    assert "/offline" in paths
    assert all(path == "/offline" or path.startswith("/shell/") for path in paths)
    station.scan("LA032X")
    assert station.page.evaluate(KEPT) == paths
    station.context.set_offline(True)
    station.page.goto(server.url + "/pick/7/")
    assert "No connection" in station.page.inner_text("h1")
    assert station.page.evaluate("getComputedStyle(document.querySelector('.status')).height") == "40px"


def test_the_phone_can_install_the_app(station: Station, server: Harness) -> None:
    station.open()
    read = "fetch('/manifest.webmanifest').then((answer) => answer.text())"
    manifest = json.loads(station.page.evaluate(read))
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert station.page.evaluate(ICON_SIZE, icon["src"]) == icon["sizes"]
