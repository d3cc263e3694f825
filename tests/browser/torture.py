"""Focus torture: what a hand or the system may do to a page between two scans."""

from __future__ import annotations

import random

from tests.browser.station import Station

CLICK = "(selector) => document.querySelector(selector)?.click()"
ACTS = (
    "tap",
    "more",
    "pad",
    "close",
    "rotate",
    "blur",
    "hide",
    "return",
)


def fidget(station: Station, chance: random.Random) -> None:
    """One disturbance. It never sends a code of its own."""
    page = station.page
    match chance.choice(ACTS):
        case "tap":  # the middle of the screen: no button of the bar, so nothing is sent
            page.mouse.click(chance.randrange(10, 350), chance.randrange(50, 250))
        case "more":
            page.evaluate(CLICK, "[data-local=more]")
        case "pad":
            page.evaluate(CLICK, "[data-local=pad]")
        case "close":
            page.evaluate(CLICK, ".sheet:not([hidden]) [data-local=close]")
        case "rotate":
            width = chance.choice([360, 640])
            page.set_viewport_size({"width": width, "height": 1000 - width})
        case "blur":
            page.evaluate("document.activeElement.blur(); window.dispatchEvent(new Event('blur'))")
            page.evaluate("window.dispatchEvent(new Event('focus'))")
        case "hide":
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        case _:
            page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
