"""Every story in this folder comes true on both engines; one that is wrong says where and how."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from scanner.db import db, transact
from scanner.models import Balance
from scanner.workflows import WORKFLOWS
from tests.scanner.floor import Floor
from tests.stories.story import FOLDER, Act, StoryError, read_story
from tests.stories.telling import Telling
from tests.world import World

STORIES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_comes_true(warehouse: World, path: Path) -> None:
    Telling(Floor(warehouse)).tell(read_story(path))


BEGINNING = "A story for this test\ngiven 5 MUG at A-01-1\n"
END = "at the end\n  A-01-1  5 MUG\n"
WRONG = {
    "another refusal": (
        "10:00  ben  pick SO-1    -> refused order_held",
        ("expected: refused order_held", "came:     refused unknown_document"),
    ),
    "a refusal that is not told": (
        "10:00  ben  pick SO-1",
        ("expected: it is accepted", 'came:     refused unknown_document: "There is no order SO-1."'),
    ),
    "a refusal in the middle": (
        "10:00  dan  move    A-02-1, MUG, A-01-1",
        ("expected: MUG is accepted", "came:     refused not_enough"),
    ),
    "no refusal": (
        "10:00  dan  move    A-01-1    -> refused wrong_kind",
        ("expected: refused wrong_kind", "came:     accepted ok"),
    ),
    "a reason that does not exist": (
        "10:00  dan  move    A-01-1    -> refused because",
        ("expected: a reason of docs/refusals.md", "came:     because"),
    ),
    "another sentence": (
        '10:00  dan  move    A-01-1    -> says "Hello"',
        ('expected: says "Hello"', '"From A-01-1."'),
    ),
    "another question": ("10:00  dan  move    A-01-1    -> asks to", ("expected: asks to", "it asks for item A-01-1")),
    "other stock": ("then A-01-1 has 6 MUG", ("expected: 6 MUG", "came:     5 MUG")),
    "another state": ("then order SO-9 is open", ("expected: open", "came:     None")),
    "a scan that is none": ("10:00  dan  move    A-99    ", ("expected: something to scan", "came:     A-99")),
    "a person who is none": ("10:00  zed  move    MUG", ("expected: one of ana, ben", "came:     zed")),
    "a work that is none": ("10:00  dan  dance    MUG", ("expected: desk, receive", "came:     dance")),
    "a decision that is none": ("10:00  eve  desk    go home", ("expected: hold order SO-1", "cannot be read")),
    "a decision that is refused": (
        "10:00  dan  desk    resolve damaged: scrap",
        ("expected: done", "came:     refused not_allowed"),
    ),
    "a line that is none": ("ten o'clock: Ben picks", ("expected: given", "cannot be read")),
    "a beginning that is none": ("given good luck", ("expected: given 5 MUG at A-01-1", "cannot be read")),
    "a clock that goes back": (
        "10:00  dan  move    A-01-1\n09:00  dan  move    BACK",
        ("expected: a time not before 10:00", "came:     09:00"),
    ),
    "goods that are somewhere else": (
        "10:00  dan  move    A-01-1, MUG, A-02-1",
        ("A-01-1: 5 MUG", "A-01-1: 4 MUG"),
    ),
}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_names_its_place_what_was_expected_and_what_came(
    warehouse: World, tmp_path: Path, name: str
) -> None:
    text, words = WRONG[name]
    path = tmp_path / "wrong.txt"
    path.write_text(f"{BEGINNING}\n{text}\n{END}")
    with pytest.raises(StoryError) as wrong:
        Telling(Floor(warehouse)).tell(read_story(path))
    number = 3 + text.count("\n") + 1 if "somewhere else" not in name else 6
    assert f"{path}:{number}: " in str(wrong.value)
    assert [word for word in words if word not in str(wrong.value)] == []


def test_a_story_without_an_end_is_none(tmp_path: Path) -> None:
    path = tmp_path / "endless.txt"
    path.write_text(BEGINNING)
    with pytest.raises(StoryError, match=r"endless.txt:2: .*\n.*at the end"):
        read_story(path)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_ledger_that_is_not_true_ends_a_story(warehouse: World, tmp_path: Path) -> None:
    path = tmp_path / "untrue.txt"
    path.write_text(BEGINNING + END)
    Telling(Floor(warehouse)).tell(read_story(path))
    lost = transact(lambda: db.session.execute(update(Balance).values(reserved=1)).rowcount)  # type: ignore[attr-defined]
    assert lost
    path.write_text(f"A story for this test\n{END}")
    with pytest.raises(StoryError, match="a ledger that is true"):
        Telling(Floor(warehouse)).tell(read_story(path))


def test_the_stories_take_up_every_workflow() -> None:
    told = {line.work for path in STORIES for line in read_story(path).lines if isinstance(line, Act)}
    assert set(WORKFLOWS) - told == set()
