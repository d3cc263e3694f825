"""The documentation says what is there: every refusal, workflow and make target, and no link leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scanner.refusals import REASONS
from scanner.workflows import WORKFLOWS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_refusal_is_in_the_docs_word_for_word() -> None:
    page = (ROOT / "docs" / "refusals.md").read_text()
    assert [code for code, r in REASONS.items() if f"| `{code}` | {r.say} | {r.next} |" not in page] == []


def test_every_workflow_is_told_in_a_worker_s_words() -> None:
    page = (ROOT / "docs" / "workflows.md").read_text().lower()
    names = {"verify": "pack", "putaway": "put away", "lookup": "look up"}
    assert [name for name in WORKFLOWS if f"**{names.get(name, name)}**" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_readme_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"make (\w+)", (ROOT / "README.md").read_text()))
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
