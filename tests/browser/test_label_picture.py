"""The label beside PRINT, on a phone: seen at once, in nobody's way, and simply absent without a network."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from scanner.db import db
from scanner.models import Item, Unit
from tests.browser.station import Station
from tests.scanner.floor import Floor
from tests.scanner.walks import stock_up
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)]

PARTS = """() => {
  const box = (part) => part && part.getBoundingClientRect().toJSON();
  const [button, image] = [document.querySelector(".print .button"), document.querySelector(".print img")];
  return { button: box(button), image: box(image), dots: image.naturalWidth, loading: image.loading,
           scan: box(document.querySelector(".scan")), row: box(document.querySelector(".print")) };
}"""


def paths(warehouse: World) -> list[str]:
    """What has the most above its button: an item with all its figures, and a tote with goods."""
    floor = Floor(warehouse)
    stock_up(floor)
    warehouse.order("SO-1", ("MUG", 2))
    floor.pick("SO-1")
    item = db.session.scalars(select(Item.id).where(Item.sku == "MUG")).one()
    full = db.session.scalars(select(Unit.id).where(Unit.kind == "tote").order_by(Unit.id)).first()
    return [f"/lookup/item/{item}", f"/lookup/unit/{full}"]


def seen(phone: Station) -> dict[str, Any]:
    phone.page.wait_for_load_state("networkidle")
    found: dict[str, Any] = phone.page.evaluate(PARTS)
    return found


def test_print_and_the_picture_of_the_label_are_on_the_screen_without_scrolling(
    phone: Station, warehouse: World
) -> None:
    for path in paths(warehouse):
        phone.open(path)
        parts = seen(phone)
        assert parts["dots"] > 100, path
        assert parts["loading"] == "lazy"
        assert parts["image"]["width"] >= 90
        for part in ("button", "image"):
            assert parts[part]["bottom"] <= parts["scan"]["top"], (path, part)
            assert parts[part]["right"] <= 360
        assert parts["button"]["height"] >= 64
        assert parts["button"]["right"] < parts["image"]["left"]


def test_a_picture_that_does_not_come_leaves_the_button_as_it_was(phone: Station, warehouse: World) -> None:
    (path, _) = paths(warehouse)
    phone.page.route("**/label.png", lambda route: route.abort())
    phone.open(path)
    parts = seen(phone)
    phone.errors.clear()  # the picture's own
    assert (parts["dots"], parts["image"]["width"]) == (0, 0)
    assert parts["row"]["height"] == parts["button"]["height"]
    assert parts["button"]["width"] >= 330
