"""What goes to a phone is what we wrote, without what only people read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from web import pwa

OURS = sorted(pwa.STATIC.glob("*.js"))
NODE = compute_driver_executable()[0]
SAME = """
const { parse } = require("internal/deps/acorn/acorn/dist/acorn");
const tree = (text) => {
  const made = parse(text, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: true });
  return JSON.stringify(made, (name, value) => (["start", "end", "raw"].includes(name) ? undefined : value));
};
const [written, sent] = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(tree(written) === tree(sent) ? "same" : "another");
"""


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_every_script_says_the_same_with_fewer_characters(path: Path) -> None:
    written = path.read_text()
    sent = pwa.MINIFY[".js"](written)
    assert len(sent) < 0.9 * len(written)
    assert compared(written, sent) == "same"


def test_the_comparison_sees_a_difference() -> None:
    assert compared("let a = 'b  c';", "let a='b c';") == "another"


def compared(written: str, sent: str) -> str:
    """Whether two scripts are the same to a parser."""
    words = [NODE, "--expose-internals", "-e", SAME]
    run = subprocess.run(words, input=json.dumps([written, sent]), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_what_others_wrote_goes_out_as_it_came() -> None:
    assets = pwa.read_shell(pwa.STATIC).assets
    vendored = [path for path in (pwa.STATIC / "vendor").iterdir() if path.suffix == ".js"]
    assert vendored
    assert all(assets[f"vendor/{path.name}"].body == path.read_bytes() for path in vendored)
