"""Every screen of the real product, as the eye, the thumb and a screen reader get it. One pass serves all rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import measure
from tests.browser.screens import DESK_SIZE, DRESS, every_screen
from tests.engines import Databases

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# Contrast is measured here in both themes, against 7:1; axe would ask for 4.5:1, and that is most of its time.
AXE = {"rules": {"color-contrast": {"enabled": False}}, "resultTypes": ["violations"]}
STATUS_PX = 40
MOST_ACTIONS = 3  # beside MORE
MOST_WORDS = 45
DESK_TARGET_PX = 24  # WCAG 2.2, 2.5.8; a desk has a mouse
SMALLEST_TEXT_PX = {"station": 16, "desk": 12}


@dataclass
class Seen:
    """What was measured on one screen."""

    name: str
    is_desk: bool
    violations: list[dict[str, Any]]
    texts: dict[str, list[dict[str, Any]]]  # by theme
    targets: dict[str, list[dict[str, Any]]]  # by hand
    overflows: list[str]
    cut: list[str]
    size: tuple[int, int]
    actions: int
    words: int
    bars: dict[str, list[str]] = field(default_factory=dict)  # by hand, from the left


def look(name: str, page: Page) -> Seen:
    """Measure one screen in both themes, in the dark one with the left hand's bar."""
    is_desk = page.viewport_size == DESK_SIZE
    seen = Seen(name, is_desk, [], {}, {}, [], [], (0, 0), 0, 0)
    for theme, hand in (("dark", "left"), ("light", "right")):
        page.evaluate(DRESS, [theme, hand])
        seen.texts[theme] = page.evaluate(measure.CONTRASTS)
        seen.targets[hand] = page.evaluate(measure.TARGETS)
        seen.bars[hand] = page.evaluate(measure.BAR)
        seen.overflows += page.evaluate(measure.OVERFLOWS)
    seen.cut = page.evaluate(measure.CUT_WORDS) + page.evaluate(measure.CLIPPED)
    seen.size = tuple(page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"))
    seen.actions = page.evaluate("document.querySelectorAll('.actions > :not([data-local=more])').length")
    seen.words = page.evaluate(measure.WORDS)
    seen.violations = Axe().run(page, options=AXE).response["violations"]
    return seen


@pytest.fixture(scope="module")
def screens(chrome: Browser, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """Every screen, looked at once."""
    seen: list[Seen] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANDOCK_DATA", str(tmp_path_factory.mktemp("screens")))
        patch.setenv("DATABASE_URL", "")
        every_screen(chrome, databases, lambda name, page: seen.append(look(name, page)))
    return seen


def station(screens: list[Seen]) -> list[Seen]:
    """The screens of the station."""
    return [seen for seen in screens if not seen.is_desk]


def test_the_pass_has_seen_every_workflow_and_every_kind_of_page(screens: list[Seen]) -> None:
    names = [seen.name for seen in screens]
    assert len(names) == len(set(names))
    for workflow in ("receive", "putaway", "pick", "verify", "ship", "count", "move"):
        assert {f"{workflow}-done", f"{workflow} index"} <= set(names)
    assert {"stop", "locked", "offline", "me index", "board", "unit", "person badge"} <= set(names)
    assert len(station(screens)) > 70
    assert len(screens) - len(station(screens)) > 25


def test_no_screen_breaks_a_rule_of_accessibility(screens: list[Seen]) -> None:
    found = {
        seen.name: [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in seen.violations]
        for seen in screens
    }
    assert {name: rules for name, rules in found.items() if rules} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_is_readable_in_glare(screens: list[Seen], theme: str) -> None:
    weak = {seen.name: [t for t in seen.texts[theme] if t["ratio"] < measure.CONTRAST] for seen in screens}
    assert {name: texts for name, texts in weak.items() if texts} == {}
    small = {
        seen.name: [t for t in seen.texts[theme] if t["size"] < SMALLEST_TEXT_PX["desk" if seen.is_desk else "station"]]
        for seen in screens
    }
    assert {name: texts for name, texts in small.items() if texts} == {}


@pytest.mark.parametrize("hand", ["right", "left"])
def test_every_target_of_the_station_can_be_hit_with_gloves(screens: list[Seen], hand: str) -> None:
    small = {seen.name: [t for t in seen.targets[hand] if measure.is_small(t)] for seen in station(screens)}
    assert {name: targets for name, targets in small.items() if targets} == {}
    tight = {seen.name: measure.crowded(seen.targets[hand]) for seen in station(screens)}
    assert {name: targets for name, targets in tight.items() if targets} == {}


def test_every_target_of_the_desk_can_be_hit_with_a_mouse(screens: list[Seen]) -> None:
    small = {
        seen.name: [t for t in seen.targets["right"] if t["kind"] == "button" and not t["is_link"]]
        for seen in screens
        if seen.is_desk
    }
    tiny = {
        name: [t["name"] for t in targets if min(t["width"], t["height"]) < DESK_TARGET_PX - 3]
        for name, targets in small.items()
    }
    assert {name: targets for name, targets in tiny.items() if targets} == {}


def test_no_step_scrolls_and_nothing_is_cut(screens: list[Seen]) -> None:
    for seen in station(screens):
        assert seen.overflows == [], seen.name
        assert seen.size <= (360, 640), seen.name
    cut = {seen.name: seen.cut for seen in screens if seen.cut}
    assert cut == {}


def test_no_page_scrolls_sideways(screens: list[Seen]) -> None:
    wide = {seen.name: seen.size[0] for seen in screens if seen.size[0] > (1280 if seen.is_desk else 360)}
    assert wide == {}


def test_the_bar_has_at_most_three_actions_and_the_left_hand_gets_them_the_other_way_round(
    screens: list[Seen],
) -> None:
    for seen in station(screens):
        assert seen.actions <= MOST_ACTIONS, seen.name
        assert seen.bars["left"] == seen.bars["right"][::-1], seen.name
    assert any(len(seen.bars["right"]) == MOST_ACTIONS + 1 for seen in station(screens))


def test_nothing_can_be_tapped_at_the_top(screens: list[Seen]) -> None:
    high = {
        seen.name: [t["name"] for t in seen.targets["right"] if t["y"] < STATUS_PX - 0.5] for seen in station(screens)
    }
    assert {name: targets for name, targets in high.items() if targets} == {}


def test_a_working_screen_says_at_most_45_words(screens: list[Seen]) -> None:
    many = {
        seen.name: seen.words
        for seen in station(screens)
        if "-" in seen.name and " " not in seen.name and seen.words > MOST_WORDS
    }
    assert many == {}
