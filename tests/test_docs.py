"""The documentation says what is there, all of it and nothing else; its links lead somewhere and its commands work."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from scanner.barcode.own import COMMANDS
from scanner.discrepancies import RESOLUTIONS
from scanner.refusals import REASONS
from scanner.workflows import WORKFLOWS
from tests.engines import Databases
from web import create_app
from web.errors import OUTAGES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "STYLE.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
WORKFLOW_PAGES = sorted((DOCS / "workflows").glob("*.md"))
OTHERS = {"README", "discrepancies"}  # pages beside those of the workflows
NOT_OURS = {"PYTEST_XDIST_WORKER", "FLASK_RUN_FROM_CLI"}  # variables that other programs set
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def without_blocks(page: Path) -> str:
    """A page's text without its blocks of code, which are of other languages."""
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


def words_in_rows(page: Path) -> set[str]:
    """What stands in backticks in the first cell of a page's tables."""
    cells = re.findall(r"^\| ([^|]+) \|", page.read_text(), re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


# --- refusals --------------------------------------------------------------------------------------------------------


def test_every_refusal_is_in_the_docs_word_for_word() -> None:
    page = (DOCS / "refusals.md").read_text()
    assert [code for code, r in REASONS.items() if f"| `{code}` | {r.say} | {r.next} |" not in page] == []


def test_every_outage_is_in_the_docs_word_for_word() -> None:
    page = (DOCS / "refusals.md").read_text()
    assert [code for code, words in OUTAGES.items() if f"| `{code}` | {words} |" not in page] == []


def test_the_docs_name_no_refusal_that_does_not_exist() -> None:
    assert words_in_rows(DOCS / "refusals.md") - set(REASONS) - set(OUTAGES) == set()


# --- settings --------------------------------------------------------------------------------------------------------


def settings_of_programs() -> set[str]:
    """Every variable of the environment that our programs read."""
    found = set()
    for path in (p for folder in ("scanner", "web", "labels", "tools", "tests") for p in (ROOT / folder).rglob("*.py")):
        for line in path.read_text().splitlines():
            found |= set(re.findall(r'"(SCANDOCK_[A-Z_]+)"', line))
            found |= set(re.findall(r'environ(?:\.get)?[(\[]"([A-Z][A-Z_]+)"', line))
    for path in (ROOT / "tools").glob("*.sh"):
        found |= set(re.findall(r"\$\{([A-Z][A-Z_]+)", path.read_text()))
    return found - NOT_OURS


def settings_of_make() -> set[str]:
    """Every variable that a person may give to make."""
    makefile = (ROOT / "Makefile").read_text()
    given = set(re.findall(r"\$\(([A-Z]+)\)", makefile)) | set(re.findall(r"^([A-Z]+) \?=", makefile, re.MULTILINE))
    return given - set(re.findall(r"^([A-Z]+) :?=", makefile, re.MULTILINE))


def test_every_setting_is_in_the_docs_and_no_other() -> None:
    there = settings_of_programs() | settings_of_make()
    assert words_in_rows(DOCS / "settings.md") == there


@each_page
def test_a_page_sets_no_variable_that_nobody_reads(page: Path) -> None:
    text = without_blocks(page)
    code = " ".join(re.findall(r"`([^`]+)`", text) + re.findall(r"^ {4}.*", text, re.MULTILINE))
    given = set(re.findall(r"(?<![\w$])([A-Z][A-Z_]{2,})=", code))
    assert given - settings_of_programs() - settings_of_make() == set()


def test_every_make_target_is_in_the_docs_and_no_other() -> None:
    targets = set(re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split())
    text = "\n".join(page.read_text() for page in PAGES)
    assert set(re.findall(r"(?:`|    )make ([\w-]+)", text)) == targets


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> click.Group:
    """The program's own commands, with those of the migrations."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANDOCK_DATA", str(folder))
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/docs.db")
        patch.setenv("FLASK_RUN_FROM_CLI", "true")
        return click.Group(commands=dict(create_app().cli.commands))


def own_commands(group: click.Group) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group) and name != "db":
            yield from (f"{name} {part}" for part in command.commands)
        elif getattr(command.callback, "__module__", "").startswith("web"):
            yield name


def used_commands(text: str) -> list[list[str]]:
    """The words after `flask --app web` wherever a page shows them."""
    lines = re.findall(r"flask --app web ([^`\n]+?)(?:  +#.*|`.*|\)?$)", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_every_command_has_an_example(commands: click.Group) -> None:
    used = {" ".join(words[:2]) for words in used_commands((DOCS / "commands.md").read_text())}
    used |= {words.split()[0] for words in used}
    assert [name for name in own_commands(commands) if name not in used] == []


@each_page
def test_a_page_names_no_command_and_no_option_that_does_not_exist(page: Path, commands: click.Group) -> None:
    for words in used_commands(page.read_text()):
        if words[0].startswith("-") or not re.fullmatch(r"[a-z][\w-]*", words[0]):
            continue  # flask's own options; COMMAND
        command: click.Command = commands
        while isinstance(command, click.Group) and words:
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        options = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} - options == set()


# --- addresses -------------------------------------------------------------------------------------------------------

ROLES = dict(zip("rpkcsa", "receiver picker packer counter supervisor admin".split(), strict=True))  # noqa: SIM905


def routes() -> list[tuple[str, str, str]]:
    """Method, address and marks of every route, from the list that the authorization test keeps complete."""
    lines = (ROOT / "tests" / "web" / "authorization.txt").read_text().splitlines()
    return [(parts[0], parts[1], parts[2]) for line in lines if line[:1] != "#" and (parts := line.split())]


def group_of(path: str) -> str:
    """The group of an address: its first word; below the API its first three."""
    words = path.strip("/").split("/")
    return "/" + "/".join(words[:3] if words[0] == "api" else words[:1])


def groups() -> dict[str, tuple[str, str]]:
    """By group: who may look, who may act."""
    found: dict[str, dict[str, set[str]]] = {}
    for method, path, marks in routes():
        groups_of_all = {"public": {"everybody"}, "device": {"devices"}}
        who = groups_of_all.get(marks) or {ROLES[mark] for mark in marks if mark != "-"}
        found.setdefault(group_of(path), {}).setdefault("look" if method == "GET" else "act", set()).update(who)
    return {group: (_who(kinds.get("look")), _who(kinds.get("act"))) for group, kinds in found.items()}


def _who(roles: set[str] | None) -> str:
    if roles is None:
        return ""
    if roles >= set(ROLES.values()):
        return "all people"
    return ", ".join(role for role in (*ROLES.values(), "devices", "everybody") if role in roles)


def test_the_docs_say_of_every_group_of_addresses_who_may_use_it() -> None:
    page = (DOCS / "security.md").read_text()
    table = page[page.index("| address | look | act |") :]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*?) ?\| ([^|]*?) ?\|$", table, re.MULTILINE)
    assert {group: (look, act) for group, look, act in rows} == groups()


def test_every_group_of_the_api_is_in_its_page_and_no_other() -> None:
    of_api = {group for group in groups() if group.startswith("/api/")}
    assert words_in_rows(DOCS / "api.md") == of_api


@each_page
def test_a_page_names_no_address_of_the_api_that_does_not_exist(page: Path) -> None:
    named = re.findall(r"/api/v1/[\w.-]+", page.read_text())
    assert {group_of(path) for path in named} - set(groups()) == set()


# --- workflows -------------------------------------------------------------------------------------------------------


def test_every_workflow_has_a_page_and_no_page_is_of_none() -> None:
    assert {page.stem for page in WORKFLOW_PAGES} == set(WORKFLOWS) | OTHERS


def test_the_list_of_workflows_leads_to_each_page() -> None:
    page = (DOCS / "workflows" / "README.md").read_text()
    assert [p.name for p in WORKFLOW_PAGES if p.stem != "README" and f"]({p.name})" not in page] == []


def cards(page: Path) -> set[str]:
    """The commands in a page's table of cards."""
    return {word for row in rows_of(page, "card") for word in re.findall(r"[A-Z]+", row)}


def rows_of(page: Path, head: str) -> list[str]:
    """The first cells of the table whose first head is `head`."""
    _before, _head, rest = page.read_text().partition(f"\n| {head} |")
    table = rest.split("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1] for row in table]


def test_the_pages_of_the_workflows_tell_every_card_and_no_other() -> None:
    told = {card for page in WORKFLOW_PAGES for card in cards(page)}
    assert told == {*COMMANDS, "Q"}


@pytest.mark.parametrize("page", WORKFLOW_PAGES, ids=lambda page: page.stem)
def test_what_the_station_says_is_what_it_says(page: Path) -> None:
    said = [title.strip() for row in rows_of(page, "the station stops with") for title in row.split(",")]
    assert [title for title in said if title not in {reason.title for reason in REASONS.values()}] == []
    assert said or page.stem in OTHERS


def test_every_kind_of_discrepancy_is_told_with_its_ways_out() -> None:
    page = DOCS / "workflows" / "discrepancies.md"
    table = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", page.read_text(), re.MULTILINE))
    told = {kind: set(re.findall(r"`(\w+)`", ways)) for kind, ways in table.items()}
    assert told == {kind: {way.code for way in ways} for kind, ways in RESOLUTIONS.items()}


# --- links -----------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The headings of a page as addresses within it."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@each_page
def test_no_link_and_no_picture_leads_nowhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]+`", "", without_blocks(page))
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in (link for link in links if not re.match(r"\w+:", link)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_every_page_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"(?<![\w/.-])((?:[\w-]+/)*[\w-]+\.md)\b", page.read_text())
    homes = (ROOT, DOCS, page.parent)
    assert [name for name in named if not any((home / name).exists() for home in homes)] == []


def test_the_readme_leads_to_every_page_of_the_docs() -> None:
    text = (ROOT / "README.md").read_text()
    there = [page.relative_to(ROOT).as_posix() for page in DOCS.glob("*.md")]
    assert [page for page in [*there, "docs/workflows/README.md"] if f"]({page})" not in text] == []


# --- the API, as it is written ---------------------------------------------------------------------------------------


@pytest.fixture
def served(databases: Databases, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty warehouse under its own server; the environment in which a person would type."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    env = os.environ | {
        "DATABASE_URL": databases.fresh("sqlite"),
        "SCANDOCK_DATA": str(tmp_path / "data"),
        "HOST": "127.0.0.1",
        "PORT": port,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(["flask", "--app", "web", "begin"], cwd=ROOT, env=env, check=True, capture_output=True)
    program = [sys.executable, "-m", "gunicorn", "-c", "tools/gunicorn_conf.py", "web:create_app()"]
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(program, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}", server)
        yield env
    finally:
        server.terminate()
        server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    gate = threading.Event()
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            assert server.poll() is None, "the server has ended"
            gate.wait(0.1)
        else:
            return
    pytest.fail("the server did not start")


def test_the_page_of_the_api_does_what_it_says(served: dict[str, str]) -> None:
    """Its shell blocks are run one after the other in one shell; a JSON block is part of the last answer before it."""
    blocks = re.findall(r"```(sh|json)\n(.*?)```", (DOCS / "api.md").read_text(), re.DOTALL)
    script = ["set -eu"]
    for kind, text in blocks:
        script.append(text if kind == "sh" else "echo; echo @@")
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script).replace("localhost:8000", f"127.0.0.1:{served['PORT']}")],
        cwd=ROOT,
        env=served,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    answers = [last_json(part) for part in ran.stdout.split("\n@@\n")]
    wanted = [json.loads(text) for kind, text in blocks if kind == "json"]
    for number, part in enumerate(wanted):
        assert is_part(part, answers[number]), (part, answers[number])


def last_json(text: str) -> Any:
    """The last of several JSON texts that stand one after the other."""
    decoder, rest, found = json.JSONDecoder(), text.strip(), None
    while rest:
        found, end = decoder.raw_decode(rest)
        rest = rest[end:].strip()
    return found


def is_part(part: Any, whole: Any) -> bool:
    """True if everything in `part` is in `whole`; lists as far as they go."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and is_part(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(part) <= len(whole)
            and all(map(is_part, part, whole))
            and (bool(part) == bool(whole))
        )
    return bool(part == whole)
