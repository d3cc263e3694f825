"""Auth: logging in and out."""

from __future__ import annotations

from tests.conftest import Browser
from tests.world import PIN, World


def test_a_badge_and_its_pin_open_the_house(warehouse: World, client: Browser) -> None:
    answer = client.send("/login", {"badge": warehouse.badges["ben"], "pin": PIN})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
