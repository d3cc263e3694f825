"""A story as text: what stands in its lines. docs/stories.md tells how to write one.

09:02  ana  receive PO-1    MUG, Q 12, DONE         -> booked
time   who  what  document  scans                    what comes of the last scan
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]

_ACT = re.compile(
    r"(?P<time>\d\d:\d\d)(?P<late> late)?\s+(?P<who>[a-z]+)\s+(?P<work>[a-z]+)(?: (?P<document>\S+))?"
    r"(?:\s{2,}(?P<scans>(?!->)\S.*?))?(?:\s+-> (?P<outcome>.+))?"
)
_SAYS = re.compile(r'says "([^"]+)"')
_COMMA = re.compile(r",\s*(?![^\"]*\"(?:[^\"]*\"[^\"]*\")*[^\"]*$)")  # not inside quotation marks


class StoryError(AssertionError):
    """A line of a story that is wrong, or did not come true."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with the place to name when it does not come true."""

    path: Path
    number: int
    text: str

    def wrong(self, expected: object, came: object) -> StoryError:
        """The error that names file, line, what was expected and what came."""
        where = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path
        return StoryError(
            f"{where}:{self.number}: {' '.join(self.text.split())}\n    expected: {expected}\n    came:     {came}"
        )

    def unclear(self, wanted: str) -> StoryError:
        """The error of a line that cannot be read."""
        return self.wrong(wanted, "a line that cannot be read so")


@dataclass(frozen=True, slots=True)
class Given(Line):
    """How the day begins."""


@dataclass(frozen=True, slots=True)
class Then(Line):
    """What is true at this point."""


@dataclass(frozen=True, slots=True)
class End(Line):
    """At the end: what one place holds."""


@dataclass(frozen=True, slots=True)
class Act(Line):
    """Somebody scans, or decides at the desk."""

    time: str
    is_late: bool
    who: str
    work: str
    document: str | None
    scans: Sequence[str]
    outcome: Sequence[str]  # "refused wrong_item", 'says "..."', "asks item", ...
    says: Sequence[str] = ()


@dataclass(slots=True)
class Story:
    """One file."""

    path: Path
    title: str
    lines: list[Line] = field(default_factory=list)


def read_story(path: Path) -> Story:
    """Read a file. Raises StoryError for a line that is none, a clock that goes back, and a missing end."""
    numbered = list(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    story = Story(path, numbered[0][1] if numbered else "")
    for number, text in numbered[1:]:
        line = _line(Line(path, number, text.rstrip()), is_end=bool(story.lines) and isinstance(story.lines[-1], End))
        if line is not None:
            _check_clock(story, line)
            story.lines.append(line)
    if not story.lines or not isinstance(story.lines[-1], End):
        raise Line(path, len(numbered), "").wrong("'at the end' and the stock of every place", "the end of the file")
    return story


def _line(line: Line, *, is_end: bool) -> Line | None:
    text = line.text.strip()
    if not text or text.startswith("#"):
        return None
    facts = (line.path, line.number, text)
    if text == "at the end" or is_end:
        return End(*facts)
    first, _, _rest = text.partition(" ")
    if first in ("given", "then"):
        return (Given if first == "given" else Then)(*facts)
    return _act(line, text)


def _act(line: Line, text: str) -> Act:
    parts = _ACT.fullmatch(text)
    if parts is None:
        raise line.unclear("given ..., then ..., at the end, or: 09:02  ana  receive PO-1  MUG, DONE  -> booked")
    return Act(
        line.path,
        line.number,
        text,
        parts["time"],
        bool(parts["late"]),
        parts["who"],
        parts["work"],
        parts["document"],
        commas(parts["scans"] or ""),
        commas(_SAYS.sub("", parts["outcome"] or "").strip(", ")),
        _SAYS.findall(parts["outcome"] or ""),
    )


def commas(text: str) -> list[str]:
    """The parts between commas; a comma inside quotation marks is text."""
    return [part.strip() for part in _COMMA.split(text) if part.strip()]


def _check_clock(story: Story, line: Line) -> None:
    """Lines stand in the order in which the station hears of them; what was scanned before that says `late`."""
    if not isinstance(line, Act):
        return
    before = max((act.time for act in story.lines if isinstance(act, Act)), default="00:00")
    if (line.time < before) != line.is_late:
        raise line.wrong(f"a time {'before' if line.is_late else 'not before'} {before}", line.time)
