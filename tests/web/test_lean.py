"""What goes to a phone is what we wrote, without the lines that only people read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from web import pwa
from web.lean import lean

OURS = sorted(pwa.STATIC.glob("*.js"))


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("// why\nlet a = 1;\n\n  let b = 2; // 3\n", "let a = 1;\nlet b = 2;\n"),
        ("let a = 'b // c'; // d\n", "let a = 'b // c'; // d\n"),
        ("let a = /[ // ]/; // d\n", "let a = /[ // ]/; // d\n"),
        ('let a = "b"; // d\n', 'let a = "b";\n'),
        ('let a = "b // c";\n', 'let a = "b // c";\n'),
        ("let a = 'it\"s // c';\n", "let a = 'it\"s // c';\n"),
        ("let a = '\"' + \"'\" + '\" // c\"';\n", "let a = '\"' + \"'\" + '\" // c\"';\n"),
        ('let a = "\\" // c";\n', 'let a = "\\" // c";\n'),
        ("let a = `b\n c // d`;\n", "let a = `b\n c // d`;\n"),
        ("/**\n * What it does.\n */\nf();\n/* one line */\n", "f();\n"),
        ("let a = `\n  // stays\n\n  /* stays */`;\n  g();\n", "let a = `\n  // stays\n\n  /* stays */`;\ng();\n"),
        ("const url = 'http://x'; // y\n", "const url = 'http://x'; // y\n"),
        ("let a = `one \\` two\n   three`;\n", "let a = `one \\` two\n   three`;\n"),
        ("/* a rule\n   of two lines */\n.a { b: c; }\n", ".a { b: c; }\n"),
    ],
)
def test_only_comments_and_indents_are_left_out(written: str, sent: str) -> None:
    assert lean(written) == sent


@pytest.mark.parametrize("odd", ["/* a */ b();\n", "/* never closed\nb();\n", "let a = `open;\n// b\n"])
def test_what_is_not_understood_stays_as_it_is(odd: str) -> None:
    assert lean(odd) == odd


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_every_script_is_still_a_script_and_loses_its_comments(path: Path, tmp_path: Path) -> None:
    sent = lean(path.read_text())
    assert len(sent) < len(path.read_text())
    (tmp_path / "sent.mjs").write_text(sent)
    node = compute_driver_executable()[0]
    run = subprocess.run([node, "--check", str(tmp_path / "sent.mjs")], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_what_others_wrote_goes_out_as_it_came() -> None:
    assets = pwa.read_shell(pwa.STATIC).assets
    vendored = [path for path in (pwa.STATIC / "vendor").iterdir() if path.suffix == ".js"]
    assert vendored
    assert all(assets[f"vendor/{path.name}"].body == path.read_bytes() for path in vendored)
