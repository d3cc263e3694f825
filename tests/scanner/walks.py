"""Walks: one good piece of work in every workflow, scan by scan, for the tests that ask all of them the same.

A walk passes through as many states of its workflow as one piece of work can, the exceptions included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scanner.accept import Answer
from scanner.barcode import command, encode
from tests.scanner.floor import Floor, case, pallet, place, tote

Code = str | Callable[[Floor, int], str]


@dataclass(frozen=True)
class Walk:
    """Who does what, with which document, by which scans."""

    workflow: str
    who: str
    prepare: Callable[[Floor], object]
    codes: tuple[Code, ...]
    document: str | None = None
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.workflow

    def start(self, floor: Floor) -> int:
        """Make ready and open the task."""
        self.prepare(floor)
        return floor.start(self.who, self.workflow, self.document)

    def raws(self, floor: Floor, task: int) -> Iterator[str]:
        """The codes one by one, each made when its turn has come."""
        for code in self.codes:
            yield code if isinstance(code, str) else code(floor, task)


def stock_up(floor: Floor) -> None:
    """Something of everything on the shelves."""
    world = floor.world
    world.stock("MUG", "A-01-1", 5)
    world.stock("MUG", "A-02-1", 20)
    world.stock("MILK", "B-01-1", 12, lot="L1", days=30)
    world.stock("MILK", "B-01-1", 12, lot="L2", days=60)
    for serial in ("S-1", "S-2", "S-3"):
        world.stock("LAMP", "B-02-1", serial=serial)


def _purchase_order(floor: Floor) -> None:
    floor.world.purchase_order("PO-1", ("MUG", 20), ("MILK", 24), ("LAMP", 2))


def _dock(floor: Floor) -> None:
    """Goods at the dock: loose ones and a pallet."""
    _purchase_order(floor)
    task = floor.start("ana", "receive", "PO-1")
    floor.scans("ana", task, "MUG", command("Q", 10), command("DONE"))
    floor.scans("ana", task, case("MILK", lot="D1", expiry="330101", count="6"), pallet(1))
    floor.scans("ana", task, case("MILK", lot="D2", expiry="330201"), command("Q", 4), command("DONE"))
    floor.scans("ana", task, case("LAMP", serial="S-8"), command("DONE"))


def _stocked_dock(floor: Floor) -> None:
    stock_up(floor)
    _dock(floor)


def _mugs(floor: Floor) -> None:
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 8))


def _tracked(floor: Floor) -> None:
    stock_up(floor)
    floor.world.order("SO-1", ("MILK", 2), ("LAMP", 1))


def _picked(floor: Floor) -> None:
    stock_up(floor)
    floor.world.order("SO-1", ("MUG", 4), ("MILK", 3), ("LAMP", 1), instructions="Gift wrap, please.")
    floor.pick("SO-1")


def _packed(floor: Floor) -> None:
    stock_up(floor)
    for number, order in enumerate(("SO-1", "SO-2", "SO-3"), 1):
        floor.world.order(order, ("MUG", 2), ("MILK", 1))
        floor.pick(order, number)
        floor.pack(order, number)


def _expected(floor: Floor, task: int) -> str:
    return floor.pick_code(floor.prompt(task))


def _source(floor: Floor, task: int) -> str:
    place_shown = floor.prompt(task).place
    assert place_shown is not None
    return place(place_shown.code)


def _offer(floor: Floor, task: int) -> str:
    return floor.prompt(task).expects[0]


def _other(floor: Floor, task: int) -> str:
    """A place that is not the one offered."""
    taken = floor.prompt(task).expects
    return next(label for code in ("B-03-1", "A-03-2") if (label := place(code)) not in taken)


def _parcel(order: str) -> Callable[[Floor, int], str]:
    return lambda floor, _task: floor.parcels(order)[0]


RECEIVE = Walk(
    "receive",
    "ana",
    _purchase_order,
    (
        place("DOCK-1"),
        "MUG",
        "MUG",
        command("Q", 12),
        command("DAMAGED"),
        command("BACK"),
        command("DONE"),
        "MUG",
        command("Q", 9),
        command("DONE"),  # one too many: asked
        command("DONE"),
        "MUG",
        command("DAMAGED"),
        command("BROKEN"),  # beyond the order too: asked
        command("DAMAGED"),
        command("BROKEN"),
        "MILK",
        "L7",
        "(17)330101",
        command("Q", 12),
        pallet(1),
        case("MILK", lot="L8", expiry="330201"),
        command("BACK"),
        case("MILK", lot="L8", expiry="330201", count="6"),
        command("DONE"),
        case("MILK", lot="L0", expiry="200101"),  # past its date
        command("DONE"),
        "LAMP",
        "S-1",
        case("LAMP", serial="S-2"),
        pallet(2),
        command("DONE"),  # five of MILK are missing: asked
        command("DONE"),
    ),
    "PO-1",
)
RECEIVE_BLIND = Walk(
    "receive",
    "ana",
    lambda _floor: None,
    (
        "MUG",
        command("Q", 5),
        pallet(3),
        case("MILK", lot="L1", best_before="330101"),
        command("DONE"),
        command("PAUSE"),
    ),
    name="receive blind",
)
PUTAWAY = Walk(
    "putaway",
    "ana",
    _dock,
    (
        pallet(1),
        command("FULL"),
        _offer,
        "MUG",
        command("ALL"),
        _other,  # than suggested: asked
        command("BACK"),
        "MUG",
        command("Q", 4),
        _other,
        _other,
        place("DOCK-1"),
        "MILK",
        _other,
        _other,
        "LAMP",
        "S-8",
        _offer,
        command("DONE"),
    ),
)
PICK = Walk(
    "pick",
    "ben",
    _mugs,
    (
        tote(1),
        _source,
        "MUG",
        command("UNPICK"),
        command("BACK"),
        command("UNPICK"),
        "MUG",
        place("A-02-1"),
        _source,
        "MUG",
        command("FULL"),
        tote(2),
        command("Q", 2),
        command("NOBARCODE"),
        command("NOBARCODE"),
        command("SHORT"),
        command("BACK"),
        command("SHORT"),
        command("TOOFEW"),  # the rest is found at another place
        command("SKIP"),
        _source,
        "MUG",
        command("ALL"),
        command("UNPICK"),
        command("BACK"),
        place("PACK-1"),
    ),
    "SO-1",
)
PICK_TRACKED = Walk(
    "pick",
    "ben",
    _tracked,
    (
        tote(1),
        *([_expected] * 6),
        place("PACK-1"),
    ),
    "SO-1",
    "pick by lot and serial",
)
VERIFY = Walk(
    "verify",
    "cleo",
    _picked,
    (
        tote(1),
        command("OK"),
        encode("carton_type", "M"),
        "MUG",
        command("ALL"),
        "MILK",
        command("DAMAGED"),
        command("BACK"),
        command("FULL"),
        "MILK",
        "LAMP",
        "S-1",
        "MILK",
    ),
    "SO-1",
)
SHIP = Walk(
    "ship",
    "cleo",
    _packed,
    (
        place("DOOR-1"),
        _parcel("SO-1"),
        command("BACK"),
        _parcel("SO-1"),
        "1Z999AA10123456784",
        _parcel("SO-2"),
        "1Z999AA10123456785",
        command("CLOSE"),
        command("CLOSE"),
    ),
    "DPD",
)
COUNT = Walk(
    "count",
    "dan",
    stock_up,
    (
        place("B-01-1"),
        "MILK",
        "L1",
        command("Q", 11),
        "MILK",
        "L2",
        command("BACK"),
        command("DONE"),  # not as in the book: once more
        place("B-01-1"),
        case("MILK", lot="L1"),
        command("Q", 11),
        case("MILK", lot="L2"),
        command("Q", 12),
        place("B-01-1"),
    ),
    "B-01-1",
)
MOVE = Walk(
    "move",
    "dan",
    _stocked_dock,
    (
        place("A-02-1"),
        "MUG",
        "MUG",
        command("Q", 3),
        command("ALL"),
        command("BACK"),
        place("A-02-1"),
        "MUG",
        place("A-03-1"),
        place("B-01-1"),
        "MILK",
        "L2",
        place("QUAR-1"),
        place("B-02-1"),
        "LAMP",
        "S-2",
        place("A-03-1"),
        pallet(1),
        place("A-03-2"),
        place("A-02-1"),
        "MUG",
        pallet(1),
        command("DONE"),
    ),
)

ALL = (RECEIVE, RECEIVE_BLIND, PUTAWAY, PICK, PICK_TRACKED, VERIFY, SHIP, COUNT, MOVE)


def follow(walk: Walk, floor: Floor) -> Iterator[tuple[int, str, Callable[[], Answer]]]:
    """Step through a walk: the task, the next code, and a function that scans it. Unscanned codes are scanned."""
    task = walk.start(floor)
    for raw in walk.raws(floor, task):
        answers: list[Answer] = []

        def scan(raw: str = raw, answers: list[Answer] = answers) -> Answer:
            answers.append(floor.scan(walk.who, task, raw))
            return answers[-1]

        yield task, raw, scan
        if not answers:
            scan()
        last = answers[-1]
        assert last["outcome"] != "refused", (raw, last["code"], last["say"], last["prompt"]["step"])
