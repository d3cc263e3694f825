"""Commands: `flask --app web ...`: fill a warehouse, look after its people, check its ledger.

Words for people go to the standard output, reasons for a failure to the error output with exit code 1.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import ParamSpec, TypeVar
from zoneinfo import available_timezones

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from scanner import check_ledger, people
from scanner.db import Busy, db, transact
from scanner.demo import make_demo
from scanner.imports import import_file
from scanner.models import Item, Person, Site
from scanner.models.person import ROLES
from scanner.refusals import Refusal
from scanner.site import make_site
from web import welcome

P = ParamSpec("P")
T = TypeVar("T")


def init_app(app: Flask) -> None:
    """Add the commands."""
    for command in (begin, demo, import_, import_invoices, check, token, start_info, person, print_worker):
        app.cli.add_command(command)


def act(command: Callable[P, T]) -> Callable[P, T]:
    """Run a command inside the app, and tell refusals as a sentence instead of a trace."""

    @with_appcontext
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            raise click.ClickException(refusal.say) from refusal
        except Busy as busy:
            raise click.ClickException(f"The database cannot take it now: {busy}") from busy

    return update_wrapper(run, command)


# --- filling a warehouse -----------------------------------------------------------------------------------------

IF_EMPTY = click.option("--if-empty", is_flag=True, help="Do nothing when there is a warehouse already.")


def _is_filled() -> bool:
    return db.session.scalar(select(Site.id).limit(1)) is not None


@click.command()
@click.option("--name", default="Main warehouse", show_default=True)
@click.option("--timezone", default="UTC", show_default=True, help="Its dates are the ones that count: Europe/Berlin.")
@click.option("--gs1-prefix", default="0000000", help="Your GS1 company prefix, for SSCCs; or later at the desk.")
@act
def begin(name: str, timezone: str, gs1_prefix: str) -> None:
    """Make an empty warehouse of your own, with its first admin."""
    if _is_filled():
        raise click.ClickException("There is a warehouse already.")
    if timezone not in available_timezones():
        raise click.ClickException(f"There is no time zone {timezone!r}; they are called like Europe/Berlin.")

    def work() -> None:
        make_site(name=name, timezone=timezone, gs1_prefix=gs1_prefix)
        welcome.hire_admin()

    transact(work)
    for line in welcome.lines():
        click.echo(line)


@click.command()
@click.option("--large", is_flag=True, help="3,800 items, 5,400 locations and months of history; else 400 items.")
@click.option("--seed", default=2026, show_default=True, help="Another number makes another warehouse.")
@IF_EMPTY
@act
def demo(large: bool, seed: int, if_empty: bool) -> None:
    """Make the demo warehouse."""
    if if_empty and _is_filled():
        return
    made = make_demo(size="large" if large else "small", seed=seed, progress=bar, folder=welcome.folder())
    click.echo(f"{made.site.name} is ready: {', '.join(f'{n:,} {kind}' for kind, n in made.counts.items())}.")


@click.command("import-invoices")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--day", help="The day whose invoices become open orders, e.g. 2011-11-17; else the last full one.")
@IF_EMPTY
@act
def import_invoices(folder: Path, day: str | None, if_empty: bool) -> None:
    """Make a warehouse from the invoices of a real shop (data set "Online Retail")."""
    from scanner.invoices import import_invoices as run

    if if_empty and db.session.scalar(select(Item.id).limit(1)) is not None:
        return
    if not _is_filled():  # it may be, when an earlier run was stopped half way
        transact(_open_house)
    click.echo(str(run(folder, by=transact(people.system), progress=bar, day=day)))


def _open_house() -> None:
    make_site()
    welcome.hire_crew()


def bar(done: int, total: int, what: str = "") -> None:
    """A progress bar on one line of the terminal; elsewhere a line for each tenth."""
    width = 30
    full = width * done // max(total, 1)
    if sys.stderr.isatty():
        click.echo(f"\r[{'#' * full}{' ' * (width - full)}] {what[:40]:40}", nl=done >= total, err=True)
    elif done >= total:
        click.echo(f"{what}: {total}", err=True)


@click.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@act
def import_(kind: str, file: Path, dry_run: bool) -> None:
    """Import a CSV or JSON file of one KIND: items, barcodes, locations, orders, ..."""
    by = transact(people.system)
    report = import_file(kind, file.read_bytes(), file.name, by=by, dry_run=dry_run)
    for error in report.errors:
        click.echo(str(error), err=True)
    click.echo(report.summary)
    if not report.is_ok:
        raise SystemExit(1)


# --- the ledger --------------------------------------------------------------------------------------------------


@click.command("check-ledger")
@click.option("--site", help="The code of one site; else all of them.")
@act
def check(site: str | None) -> None:
    """Prove that the record is true, or list where it is not and exit with 1."""
    query = select(Site).order_by(Site.id)
    sites = db.session.scalars(query if site is None else query.where(Site.code == site)).all()
    if not sites:
        raise click.ClickException("There is no such site." if site else "There is no site yet.")
    if not all([_is_true(row) for row in sites]):  # noqa: C419 - every site is told, not only up to the first bad one
        raise SystemExit(1)


def _is_true(site: Site) -> bool:
    def say(line: str) -> None:
        click.echo(f"{site.code}: {line}")

    return check_ledger.report(site.id, say)


# --- people and programs -----------------------------------------------------------------------------------------


@click.command()
@click.option("--name", required=True, help="What the program is called.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What it may do.")
@act
def token(name: str, role: str) -> None:
    """Make a bearer token for the JSON API. It is shown once."""
    click.echo(transact(lambda: people.new_api_token(people.system(), name, role)))


@click.group()
def person() -> None:
    """Put people on file, give them badges and secrets, send them home."""


@person.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.option("--pin", prompt=True, hide_input=True, confirmation_prompt=True, help="6 to 12 digits.")
@act
def person_add(login: str, name: str, roles: tuple[str, ...], pin: str) -> None:
    """Put a person on file. The badge's code is shown once."""

    def work() -> str:
        by = people.system()
        row, code = people.add(by, login=login, name=name, roles=roles)
        people.set_pin(by, row, pin)
        return code

    click.echo(f"Badge of {name}: {transact(work)}")


@person.command("badge")
@click.argument("login")
@act
def person_badge(login: str) -> None:
    """Give a person a new badge; the old one ends. The code is shown once."""
    click.echo(transact(lambda: people.new_badge(people.system(), people.by_login(login))))


@person.command("pin")
@click.argument("login")
@click.option("--pin", prompt=True, hide_input=True, confirmation_prompt=True, help="6 to 12 digits.")
@act
def person_pin(login: str, pin: str) -> None:
    """Set a person's PIN."""
    transact(lambda: people.set_pin(people.system(), people.by_login(login), pin))


@person.command("password")
@click.argument("login")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="At least 12 characters.")
@act
def person_password(login: str, password: str) -> None:
    """Set the password of a supervisor or an admin."""
    transact(lambda: people.set_password(people.system(), people.by_login(login), password))


@person.command("disable")
@click.argument("login")
@act
def person_disable(login: str) -> None:
    """Send a person home: their sessions end at once."""
    transact(lambda: people.disable(people.system(), people.by_login(login)))
    click.echo(f"{login} is out.")


@person.command("unlock")
@click.argument("login")
@act
def person_unlock(login: str) -> None:
    """Let a person who was locked after wrong PINs try again."""
    from scanner.login import unlock

    transact(lambda: unlock(people.by_login(login), by=people.system()))


@person.command("list")
@act
def person_list() -> None:
    """Who is on file."""
    for row in db.session.scalars(select(Person).order_by(Person.login)):
        state = "" if row.is_active else "  (out)"
        click.echo(f"{row.login:20} {row.name:30} {', '.join(row.roles)}{state}")


@click.command("print-worker")
@click.option("--once", is_flag=True, help="Send what may be sent now, then end.")
@click.option("--with-parent", is_flag=True, help="End when the program that has started it ends.")
@with_appcontext
def print_worker(once: bool, with_parent: bool) -> None:
    """Send what waits to the printers, until SIGTERM."""
    from labels.worker import Worker

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - threads need the app itself
    worker = Worker(app.app_context, app.config["PRINTERS"], lease_s=app.config["PRINT_LEASE_S"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if with_parent:
        end_with_parent(worker.stop)
    worker.run(once=once)


def end_with_parent(stop: Callable[[], None]) -> None:
    """Call `stop` when the parent has ended, however it ended: nobody else would tell."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        stop()

    threading.Thread(target=watch, daemon=True).start()


@click.command("start-info")
@act
def start_info() -> None:
    """Say where the warehouse is served and how to log in the first time."""
    for line in welcome.lines():
        click.echo(line)
