"""Files: from the bytes of a CSV or JSON file to its rows, or a clear sentence why not.

Nothing is guessed: a file is UTF-8 or it is turned away with the place and the likely cause. A spreadsheet guards text
that looks like a formula with an apostrophe; that guard is taken off, and what looks like a formula is only text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_CELL = 2_000  # characters
DELIMITERS = (",", ";", "\t")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MAGIC = {
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a database",
}


class BadFile(Exception):
    """The file cannot be read at all. `line` is 0 if no line is to blame."""

    def __init__(self, reason: str, *, line: int = 0, column: str = "", value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.line, self.column, self.value = reason, line, column, value


@dataclass(frozen=True, slots=True)
class Raw:
    """One row as the file has it, and the line where it starts."""

    line: int
    cells: dict[str, Any]


def read_rows(content: bytes, filename: str, columns: Collection[str]) -> Iterator[Raw]:
    """The rows of a .csv, .tsv, .txt or .json file. Raises BadFile.

    `columns` are the names that may stand in the first line of a CSV file; case, and spaces for underscores, do not
    matter.
    """
    if len(content) > MOST_BYTES:
        raise BadFile(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Split it.")
    suffix = filename.lower().rpartition(".")[2] if "." in filename else ""
    if suffix not in ("csv", "tsv", "txt", "json"):
        raise BadFile("Only .csv and .json files can be imported.", value=filename)
    text = _text(content)
    rows = _json_rows(text) if suffix == "json" else _csv_rows(text, columns)
    number = 0
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise BadFile(f"The file has more than {MOST_ROWS:,} rows. Split it.", line=row.line)
        yield row
    if not number:
        raise BadFile("The file has no rows.")


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("The file is UTF-16. Save it as UTF-8 (in a spreadsheet: “CSV UTF-8”).")
    for start, name in _MAGIC.items():
        if content.startswith(start):
            raise BadFile(f"This is {name}. Save it as CSV UTF-8 and import that.")
    if b"\x00" in content:
        raise BadFile("This is no text file.", line=content[: content.index(b"\x00")].count(b"\n") + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(content, error) from error


def _not_utf8(content: bytes, error: UnicodeDecodeError) -> BadFile:
    """Say where it goes wrong and what it would read as Latin-1, so that a person can judge."""
    # A byte order mark is not in `error.object`, so positions count from behind it.
    body = content.removeprefix(b"\xef\xbb\xbf")
    start = body.rfind(b"\n", 0, error.start) + 1
    end = body.find(b"\n", error.start)
    shown = body[max(start, error.start - 20) : end if end >= 0 else len(body)][:40].decode("latin-1").strip()
    return BadFile(
        "The file is not UTF-8; it may be Latin-1. Save it as UTF-8 (in a spreadsheet: “CSV UTF-8”).",
        line=body[: error.start].count(b"\n") + 1,
        value=shown,
    )


# --- CSV ----------------------------------------------------------------------------------------------------------


def _csv_rows(text: str, columns: Collection[str]) -> Iterator[Raw]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda sign: sum(name in columns for name in _names(first, sign)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    header: list[str] | None = None
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if header is None:
                    header = _header(cells, columns, line)
                else:
                    yield Raw(line, _row(cells, header, line))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(f"The file breaks the rules of CSV: {error}.", line=line) from error
    if header is None:
        raise BadFile("The file is empty.")


def _names(line: str, delimiter: str) -> list[str]:
    return [_name(cell.strip().strip('"')) for cell in line.split(delimiter)]


def _name(cell: str) -> str:
    return "_".join(cell.strip().lower().replace("-", " ").replace("_", " ").split())


def _header(cells: list[str], columns: Collection[str], line: int) -> list[str]:
    names = [_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    for cell, name in zip(cells, names, strict=False):
        if name not in columns:
            raise BadFile(f"There is no such column. The columns are: {', '.join(columns)}.", line=line, value=cell)
        if names.count(name) > 1:
            raise BadFile("This column is there twice.", line=line, column=name)
    return names


def _row(cells: list[str], header: list[str], line: int) -> dict[str, Any]:
    extra = [cell for cell in cells[len(header) :] if cell.strip()]
    if extra:
        raise BadFile("The row has more cells than the first line. Are quotes missing?", line=line, value=extra[0])
    return {name: _cell(cell, line, name) for name, cell in zip(header, cells, strict=False)}


def _cell(cell: str, line: int, column: str) -> str:
    if len(cell) > MOST_CELL:
        raise BadFile(f"The cell is longer than {MOST_CELL:,} characters.", line=line, column=column, value=cell)
    guarded = cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS)
    return cell[1:] if guarded else cell


# --- JSON ---------------------------------------------------------------------------------------------------------


def _json_rows(text: str) -> Iterator[Raw]:
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadFile(f"The file is not JSON: {error.msg}.", line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise BadFile("The file is not JSON that can be used.") from error
    if not isinstance(data, list):
        raise BadFile("The file must be a list of objects: [{...}, {...}].")
    for number, row in enumerate(data, 1):
        if not isinstance(row, dict):
            raise BadFile("This is no object.", line=number, value=str(row)[:60])
        yield Raw(number, row)


def _no_constant(name: str) -> None:
    raise ValueError(name)
