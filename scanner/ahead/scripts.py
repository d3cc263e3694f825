"""Scripts: which workflow is played how."""

from __future__ import annotations

from typing import Final

from scanner.ahead.count import Count
from scanner.ahead.move import MoveGoods
from scanner.ahead.pick import Pick
from scanner.ahead.putaway import PutAway
from scanner.ahead.receive import Receive
from scanner.ahead.script import Script
from scanner.ahead.ship import Ship
from scanner.ahead.verify import Verify

SCRIPTS: Final[dict[str, Script]] = {
    "receive": Receive(),
    "putaway": PutAway(),
    "pick": Pick(),
    "verify": Verify(),
    "ship": Ship(),
    "count": Count(),
    "move": MoveGoods(),
}
