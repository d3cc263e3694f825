"""The camera in the page: a real Chromium whose camera plays a film of labels, the real decoder, the real page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Playwright

from scanner.barcode import encode
from tests.browser.camera_film import Shot, camera_args, film, label
from tests.browser.harness import Harness, refusal
from tests.browser.station import Station, launch

pytestmark = pytest.mark.browser

PLACE = encode("location", "A032")
GS1 = "010950600013435217261231" + "10L77"
EAN = "4006381333931"
NOTHING = Shot(None, 24)
LABELS = [
    *(Shot(label(PLACE), 16), NOTHING),
    *(Shot(label("(01)09506000134352(17)261231(10)L77", "DataMatrix", scale=5, is_gs1=True), 16, turn=20), NOTHING),
    *(Shot(label(EAN, "EAN13"), 16), NOTHING),
]
STAYS = [Shot(label(PLACE), 40)]
BLACK = [Shot("black", 40)]
OPEN = "#more [data-local=camera]"
AGREE = """async (frames) => {
    const here = document.querySelector("script[type=module]").src;
    const { Agreement } = await import(here.replace("scan.js", "agreement.js"));
    const agreement = new Agreement();
    return frames.map(([codes, at, expected = []]) => agreement.see(codes, expected, at)?.text ?? null);
}"""

Filmed = Callable[..., Station]


@pytest.fixture(scope="module")
def films(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Sequence[Shot]], Browser]]:
    """Chromiums whose camera sees these shots over and over, one for each film."""
    with ExitStack() as stack:
        started: dict[int, Browser] = {}

        def start(shots: Sequence[Shot]) -> Browser:
            if id(shots) not in started:
                path = film(tmp_path_factory.mktemp("film") / "film.y4m", shots)
                started[id(shots)] = launch(playwright, *camera_args(path))
                stack.callback(started[id(shots)].close)
            return started[id(shots)]

        yield start


@pytest.fixture
def filmed(server: Harness, films: Callable[[Sequence[Shot]], Browser]) -> Iterator[Filmed]:
    """A phone whose camera sees a film: three labels that come and go, unless the test wants another one."""
    with ExitStack() as stack:

        def start(shots: Sequence[Shot] = LABELS) -> Station:
            phone = Station(films(shots), server.url, permissions=["camera"])
            stack.callback(phone.context.close)
            return phone

        yield start


def open_camera(phone: Station) -> Station:
    """Opens the page, and the camera from its MORE sheet."""
    phone.open()
    phone.tap("[data-local=more]")
    phone.tap(OPEN)
    phone.wait(lambda: phone.page.query_selector("#camera[data-state=on]"), 10)
    return phone


def test_what_the_camera_sees_is_scanned_with_its_symbology(filmed: Filmed, server: Harness) -> None:
    phone = open_camera(filmed())
    phone.wait(lambda: len(set(server.raws())) == 3, 20)
    symbology = {scan["raw"]: scan["symbology"] for scan in server.scans}
    assert symbology[PLACE] == "]C0"
    assert symbology[GS1] == "]d2"
    assert symbology[EAN] == "]E0"
    assert phone.page.get_attribute("#camera", "data-engine") == "zxing"
    assert phone.errors == []


def test_a_label_that_stays_in_the_picture_is_scanned_once(filmed: Filmed, server: Harness) -> None:
    phone = open_camera(filmed(STAYS))
    phone.wait(lambda: server.scans, 10)
    phone.page.wait_for_timeout(2500)
    assert server.raws() == [PLACE]


def test_the_camera_stays_open_from_scan_to_scan_and_from_page_to_page(filmed: Filmed, server: Harness) -> None:
    phone = open_camera(filmed())
    phone.wait(lambda: len(server.raws()) >= 2, 15)
    phone.tap("[data-local=more]")
    phone.page.click("#more a[href='/']")
    phone.wait(lambda: phone.page.get_attribute("#screen", "data-step") == "home")
    count = len(server.raws())
    phone.wait(lambda: len(server.raws()) > count, 15)
    phone.tap("#camera [data-camera=close]")
    assert phone.page.query_selector("#camera") is None


def test_a_stop_leaves_the_camera_in_sight_and_the_right_scan_clears_it(filmed: Filmed, server: Harness) -> None:
    server.answers[PLACE] = refusal()
    phone = open_camera(filmed())
    phone.wait(lambda: phone.text("#stop"), 15)
    strip, stop = (phone.page.locator(name).bounding_box() for name in ("#camera", "#stop"))
    assert strip
    assert stop
    assert stop["y"] >= strip["y"] + strip["height"]
    server.answers.clear()
    phone.wait(lambda: phone.text("#stop") == "", 15)


def test_the_keys_are_large_and_the_work_is_still_on_the_screen(filmed: Filmed) -> None:
    phone = open_camera(filmed())
    keys = [box for key in phone.page.locator("#camera button:visible").all() if (box := key.bounding_box())]
    assert keys
    assert min(min(box["width"], box["height"]) for box in keys) >= 64
    for part in (".verb", "#scan", ".actions"):
        box = phone.page.locator(part).bounding_box()
        assert box
        assert box["y"] >= 232
        assert box["y"] + box["height"] <= 640
    assert phone.page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_stream_that_went_black_is_told_and_starts_again_by_a_tap(filmed: Filmed) -> None:
    phone = open_camera(filmed(BLACK))
    phone.wait(lambda: "shows nothing" in phone.text(".camera__words"), 10)
    assert phone.page.get_attribute("#camera", "data-state") == "off"
    phone.page.click(".camera__words")
    phone.wait(lambda: phone.page.get_attribute("#camera", "data-state") == "on", 10)


def test_the_page_is_never_held_up(filmed: Filmed, server: Harness) -> None:
    phone = filmed()
    phone.page.add_init_script(
        "window.long = [];"
        "const note = (list) => window.long.push(...list.getEntries().map((entry) => entry.duration));"
        "new PerformanceObserver(note).observe({ type: 'longtask' });"
    )
    open_camera(phone)
    phone.wait(lambda: len(server.raws()) >= 2, 15)
    phone.page.evaluate("window.long.length = 0")  # what start-up cost is told by the benchmark
    phone.page.wait_for_timeout(2000)
    assert [duration for duration in phone.page.evaluate("window.long") if duration > 200] == []


def test_the_decoder_is_fetched_only_when_the_camera_is_opened(filmed: Filmed) -> None:
    phone = filmed()
    fetched: list[str] = []
    phone.page.on("request", lambda request: fetched.append(request.url))
    phone.open()
    phone.page.wait_for_timeout(300)
    assert not [url for url in fetched if "camera" in url or "zxing" in url or "agreement" in url]


# --- rights and places without a camera -------------------------------------------------------------------------------


def test_a_camera_that_is_not_allowed_says_where_to_allow_it(chrome: Browser, server: Harness) -> None:
    phone = Station(chrome, server.url, user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/156 Mobile")
    phone.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
    )
    phone.open()
    phone.tap("[data-local=more]")
    phone.tap(OPEN)
    phone.wait(lambda: "Permissions, Camera: Allow" in phone.text(".camera__words"))
    phone.context.close()


def test_an_address_without_https_says_what_to_do(chrome: Browser, server: Harness) -> None:
    phone = Station(chrome, server.url)
    phone.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false });")
    phone.open()
    phone.tap("[data-local=more]")
    phone.tap(OPEN)
    phone.wait(lambda: "https" in phone.text(".camera__words"))
    phone.context.close()


# --- which code of which frame ----------------------------------------------------------------------------------------


def see(
    station: Station, *frames: tuple[list[dict[str, object]], int] | tuple[list[dict[str, object]], int, list[str]]
) -> list[str | None]:
    """What Agreement makes of frames: (codes, at in ms, expected texts)."""
    station.open()
    taken: list[str | None] = station.page.evaluate(AGREE, [list(frame) for frame in frames])
    return taken


def code(text: str, symbology: str = "]C0", off: int = 0) -> dict[str, object]:
    return {"text": text, "symbology": symbology, "off": off}


def test_one_frame_is_not_enough_unless_the_step_waits_for_the_code(station: Station) -> None:
    assert see(station, ([code("X")], 0), ([code("X")], 100)) == [None, "X"]
    assert see(station, ([code("X")], 0, ["X"])) == ["X"]


def test_frames_far_apart_do_not_back_each_other(station: Station) -> None:
    assert see(station, ([code("X")], 0), ([code("X")], 1500), ([code("X")], 1600)) == [None, None, "X"]


def test_weak_symbologies_need_three_frames(station: Station) -> None:
    frames = [([code("123456", "]I0")], at) for at in (0, 70, 140)]
    assert see(station, *frames) == [None, None, "123456"]


def test_a_code_counts_again_when_it_has_been_away(station: Station) -> None:
    shown = [([code("X")], at, ["X"]) for at in (0, 100, 200)]
    assert see(station, *shown, ([], 300), ([code("X")], 900, ["X"]), ([code("X")], 1800, ["X"])) == [
        *("X", None, None),
        *(None, None, "X"),
    ]


def test_of_several_codes_the_expected_one_is_taken_else_the_middle_one(station: Station) -> None:
    both = [code("FAR", off=300), code("NEAR", off=10)]
    assert see(station, (both, 0), (both, 100)) == [None, "NEAR"]
    assert see(station, (both, 0, ["FAR"])) == ["FAR"]
