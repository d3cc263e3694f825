"""Imports of bad and odd files: read as spreadsheets write them, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner import imports
from scanner.by import By
from scanner.imports import files
from tests.scanner.importing import SAMPLES, csv, figures

COLUMNS = ("code", "name", "lead_days")
READABLE = {
    "comma": b"code,name\nN,North",
    "semicolon": b"code;name\r\nN;North\r\n",
    "tab": b"code\tname\nN\tNorth\n",
    "byte order mark": b"\xef\xbb\xbfcode,name\nN,North\n",
    "quoted header": b'"Code";"Name"\n"N";"North"\n',
    "header in words": b"CODE , name ,Lead days\nN,North,\n",
    "blank lines": b"\n\ncode,name\n\nN,North\n\n,\n",
    "commas at the end": b"code,name,,\nN,North,,\n",
}


@pytest.mark.parametrize("name", READABLE)
def test_csv_is_read_as_spreadsheets_write_it(name: str) -> None:
    (row,) = files.read_rows(READABLE[name], "s.csv", COLUMNS)
    assert {key: cell for key, cell in row.cells.items() if cell} == {"code": "N", "name": "North"}


def test_a_row_is_told_by_the_line_where_it_starts() -> None:
    rows = list(files.read_rows(b'code,name\nA,"two\nlines"\n\nB,one\n', "s.csv", COLUMNS))
    assert [row.line for row in rows] == [2, 5]


UNREADABLE: dict[str, tuple[str, bytes, str, int]] = {
    "latin-1": ("s.csv", "code,name\nN,Café au lait\n".encode("latin-1"), "not UTF-8; it may be Latin-1", 2),
    "utf-16": ("s.csv", "code,name\nN,North\n".encode("utf-16"), "UTF-16", 0),
    "excel": ("s.csv", b"PK\x03\x04....", "an Excel or ZIP file", 0),
    "gzip": ("s.csv", b"\x1f\x8b\x08....", "a compressed file", 0),
    "binary": ("s.csv", b"code,name\nN,\x00\x01", "no text file", 2),
    "empty": ("s.csv", b"", "empty", 0),
    "header only": ("s.csv", b"code,name\n", "no rows", 0),
    "unknown column": ("s.csv", b"code,name,leed_days\nN,North,7\n", "no such column", 1),
    "column twice": ("s.csv", b"code,name,Code\nN,North,7\n", "twice", 1),
    "too many cells": ("s.csv", b"code,name\nN,North,Pole\n", "more cells", 2),
    "open quote": ("s.csv", b'code,name\nN,"North\n', "rules of CSV", 2),
    "stray quote": ("s.csv", b'code,name\nN,"No"rth\n', "rules of CSV", 2),
    "long cell": ("s.csv", b"code,name\nN," + b"x" * 3000, "longer than 2,000", 2),
    "huge cell": ("s.csv", b"code,name\nN," + b"x" * 200_000, "rules of CSV", 2),
    "too large": ("s.csv", b"x" * (files.MOST_BYTES + 1), "larger than 20 MB", 0),
    "other type": ("s.xlsx", b"code,name\nN,North\n", "Only .csv and .json", 0),
    "no type": ("s", b"code,name\nN,North\n", "Only .csv and .json", 0),
    "not json": ("s.json", b'[{\n"code": }]', "not JSON", 2),
    "json object": ("s.json", b'{"code": "N"}', "a list of objects", 0),
    "json numbers": ("s.json", b'[{"code": "N"}, 7]', "no object", 2),
    "json nan": ("s.json", b'[{"lead_days": NaN}]', "not JSON", 0),
    "json bomb": ("s.json", b"[" * 100_000, "not JSON", 0),
    "json digits": ("s.json", b"[" + b"9" * 10_000 + b"]", "not JSON", 0),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(name: str) -> None:
    filename, content, reason, line = UNREADABLE[name]
    with pytest.raises(files.BadFile) as bad:
        list(files.read_rows(content, filename, COLUMNS))
    assert reason in bad.value.reason
    assert bad.value.line == line


def test_latin_1_is_shown_as_it_would_read() -> None:
    with pytest.raises(files.BadFile) as bad:
        list(files.read_rows(UNREADABLE["latin-1"][1], "s.csv", COLUMNS))
    assert "Café" in bad.value.value


def test_more_rows_than_allowed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    assert len(list(files.read_rows(b"code\n1\n2\n3\n", "s.csv", COLUMNS))) == 3
    with pytest.raises(files.BadFile, match="more than 3 rows"):
        list(files.read_rows(b"code\n1\n2\n3\n4\n", "s.csv", COLUMNS))


def test_a_bad_file_is_an_error_in_the_report(by: By, tmp_path: Path) -> None:
    report = imports.import_file("suppliers", b"code\xff", "s.csv", by=by)
    assert [error.line for error in report.errors] == [1]
    missing = imports.import_file("suppliers", tmp_path / "none.csv", by=by)
    assert "No such file" in missing.errors[0].reason
    path = tmp_path / "suppliers.csv"
    path.write_bytes(csv(*SAMPLES["suppliers"]))
    assert figures(imports.import_file("suppliers", path, by=by)) == (1, 0, 0)
