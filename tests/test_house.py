"""The house's own rules: who may import whom, who may write stock, and what no file may name."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import vendor

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("scanner", "web", "labels")
WORKFLOWS = (
    "receive putaway pick verify ship count move lookup returns recall replenish".split()  # noqa: SIM905
)

# importer -> what it must not import; a name stands for itself and for all below it
FORBIDDEN = {
    "scanner": ("web", "labels", "flask", "flask_sqlalchemy", "flask_migrate", "flask_wtf"),
    "scanner.barcode": ("sqlalchemy", "scanner.db", "scanner.models"),
    "scanner.planning": ("sqlalchemy", "scanner.db", "scanner.models"),
    "labels": ("web", "flask", "flask_sqlalchemy"),
}
EXCEPT = {
    ("scanner.db", "flask_sqlalchemy"): "the one file of the core that names a Flask library",
    ("scanner.migrations.env", "flask"): "asks the running app for its database, as Alembic wants",
}

STOCK = {"Move", "Balance", "LedgerHead"}
STOCK_SQL = re.compile(r"\b(insert\s+into|update|delete\s+from)\s+[\"`]?(move|balance|ledger_head)\b", re.IGNORECASE)
MAY_WRITE_STOCK = ("scanner.ledger", "scanner.migrations")

# a ~ stands in each, so that this file does not hold what it looks for
MACHINE_PATH = re.compile(r"(?<![\w.:-])/(?:wo~rk|ro~ot|fa~rm)/|/ho~me/\w".replace("~", ""))
REGISTRIES = (
    (
        "py~pi.org python~hosted.org npm~js.org npm~js.com yarn~pkg.com deb~ian.org ubun~tu.com"
        " jsd~elivr unp~kg.com cdn~js."
    )
    .replace("~", "")
    .split()
)


def modules() -> dict[str, ast.Module]:
    """Every module of the product, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


MODULES = modules()


def imports(name: str, tree: ast.Module) -> Iterator[str]:
    """Every dotted name that a module imports, wherever in it the import stands."""
    is_package = any(other.startswith(f"{name}.") for other in MODULES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = name.split(".")[: len(name.split(".")) + is_package - node.level]
                base = ".".join([*up, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_in(name: str, folder: str) -> bool:
    """Whether a dotted name is the folder or below it."""
    return name == folder or name.startswith(f"{folder}.")


def forbidden_imports(name: str, tree: ast.Module) -> list[str]:
    """What a module imports and must not."""
    banned = [far for near, fars in FORBIDDEN.items() if is_in(name, near) for far in fars]
    package, _, first = name.partition(".")
    if first in WORKFLOWS and package in {"scanner", "web"}:
        banned += [f"{package}.{other}" for other in WORKFLOWS if other != first]
    return [
        f"{name} imports {target}"
        for target in imports(name, tree)
        for far in banned
        if is_in(target, far) and (name, far) not in EXCEPT
    ]


def names_in(node: ast.AST) -> set[str]:
    """Every name and attribute in an expression."""
    return {
        part.id if isinstance(part, ast.Name) else part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Name | ast.Attribute)
    }


def stock_writes(name: str, tree: ast.Module) -> list[str]:
    """Where a module makes, changes or deletes rows of the ledger's own tables."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_write = bool(STOCK_SQL.search(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            is_write = writes_by_call(node, node.func)
        elif isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            is_write = any(isinstance(t, ast.Attribute) and t.attr == "reserved" for t in targets)
        else:
            continue
        if is_write:
            found.append(f"{name}, line {node.lineno}")
    return found


def writes_by_call(call: ast.Call, func: ast.Name | ast.Attribute) -> bool:
    """Whether a call is Move(...), insert(Move), Balance.__table__.update() or the like."""
    called = func.id if isinstance(func, ast.Name) else func.attr
    if called in STOCK:
        return True
    if called not in {"insert", "update", "delete"}:
        return False
    about = [*call.args[:1], *([func.value] if isinstance(func, ast.Attribute) else [])]
    return any(names_in(part) & STOCK for part in about)


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Every text file that is, or is about to be, in the repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("which files belong to the project is known only in a git checkout")
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run([git, *listing], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if not name or not path.is_file():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture


def leaks(text: str) -> list[str]:
    """Machine paths and package registries named in a text."""
    found = [host for host in REGISTRIES if host in text]
    return found + [match.group() for match in MACHINE_PATH.finditer(text)]


def test_imports_go_one_way() -> None:
    assert [fault for name, tree in MODULES.items() for fault in forbidden_imports(name, tree)] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("scanner.find", "from flask import request"),
        ("scanner.find", "def late():\n    import web.page"),
        ("scanner.pick", "from scanner.count import start"),
        ("scanner.pick", "from scanner import count"),
        ("scanner.barcode.gs1", "from scanner.models import Item"),
        ("labels.zpl", "from flask import current_app"),
        ("web.pick", "from web import count"),
    ],
)
def test_an_import_against_the_grain_is_found(name: str, source: str) -> None:
    assert forbidden_imports(name, ast.parse(source)) != []


def test_only_the_ledger_writes_stock() -> None:
    found = [
        fault
        for name, tree in MODULES.items()
        if not any(is_in(name, writer) for writer in MAY_WRITE_STOCK)
        for fault in stock_writes(name, tree)
    ]
    assert found == []
    assert any(stock_writes(name, tree) for name, tree in MODULES.items() if is_in(name, "scanner.ledger"))


@pytest.mark.parametrize(
    "source",
    [
        "session.add(Move(qty=1))",
        "session.execute(postgresql.insert(Balance).values(qty=1))",
        "session.execute(update(models.Balance).values(qty=1))",
        "Balance.__table__.delete()",
        "row.reserved += 1",
        "connection.execute(text('UPDATE balance SET qty = 7'))",
    ],
)
def test_a_writer_of_stock_elsewhere_is_found(source: str) -> None:
    assert stock_writes("scanner.pick", ast.parse(source)) != []


def test_every_module_says_what_it_is() -> None:
    others = [path for folder in ("tools", "tests") for path in (ROOT / folder).rglob("*.py")]
    trees = MODULES | {str(p): ast.parse(p.read_text(encoding="utf-8")) for p in others}
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    ours = [(name, text) for name, text in tracked_texts() if not name.startswith("static/vendor/")]
    found = [(name, leak) for name, text in ours for leak in leaks(text)]
    assert found == []


@pytest.mark.parametrize("text", ["cd /wo~rk/main", "https://py~pi.org/simple", "/ho~me/ana"])
def test_a_machine_or_a_registry_is_found(text: str) -> None:
    assert leaks(text.replace("~", "")) != []


def test_vendored_files_are_the_ones_that_were_vendored() -> None:
    assert {folder: vendor.faults(folder) for folder in vendor.FILES} == {folder: [] for folder in vendor.FILES}


def test_a_changed_vendored_file_is_found(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(vendor.VENDOR, tmp_path / "vendor"))
    script = next(copy.glob("*.min.js"))
    script.write_bytes(script.read_bytes() + b"\n")
    (copy / "stray.js").write_text("")
    assert len(vendor.faults(copy)) == 2
