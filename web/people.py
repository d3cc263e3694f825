"""People: who may do what; badges, PINs, passwords, sessions. Admins look after all, supervisors after their crew.

Everybody has a page of their own, for the hand and the light they work with.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from flask import Blueprint, make_response, redirect, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from labels import pdf, picture
from labels.card import BadgeFacts
from labels.card import badge as badge_card
from labels.parts import Label, Media
from labels.proof import prove
from scanner import login, people
from scanner.by import By
from scanner.db import db, transact
from scanner.models import AuditEntry, Person, Site
from scanner.models.person import ROLES
from scanner.refusals import Refusal
from scanner.workflows import WORKFLOWS
from web.auth import EVERYONE, allow, allow_only, me
from web.page import act, argument, one, slice_of, typed
from web.security import PDF

bp = Blueprint("people", __name__)

CARD = Media(86, 54, 300)  # a credit card

THEMES = (("auto", "Auto"), ("light", "Light"), ("dark", "Dark"))


@bp.get("/me")
@allow(*EVERYONE)
def mine() -> str:
    """Who works here, with which hand and in which light; what their roles open."""
    by = me()
    opens = [module.TITLE for name, module in WORKFLOWS.items() if name != "lookup" and by.may(*module.ROLES)]
    person = db.session.get_one(Person, by.person_id)
    return render_template("station/me.html", person=person, opens=opens, themes=THEMES)


@bp.post("/me")
@allow(*EVERYONE)
def set_mine() -> Response:
    """Take one choice; the next page, here and at the desk, follows it."""
    by, hand, theme = me(), typed("hand"), typed("theme")

    def work() -> None:
        person = db.session.get_one(Person, by.person_id, with_for_update=True)
        people.choose(person, hand=hand or None, theme=theme or None)

    transact(work)
    return redirect("/me", 303)


@bp.get("/people")
@allow()
def index() -> str:
    """Who is on file."""
    by, everybody = me(), bool(argument("all"))
    query = select(Person).where(Person.site_id == by.site_id, Person.login != people.SYSTEM).order_by(Person.name)
    found = slice_of(query if everybody else query.where(Person.is_active), scalars=True)
    rows = list(found.rows)
    return render_template(
        "people/index.html",
        nav="/people",
        found=found,
        sessions=login.open_sessions(rows),
        locked=login.locked_people(rows),
        everybody=everybody,
        roles=ROLES,
        typed={},
    )


@bp.get("/people/<int:person_id>")
@allow()
def page(person_id: int) -> str:
    """One person, and what was decided about them and by them."""
    by, person = me(), one(Person, person_id)
    entries = db.session.scalars(
        select(AuditEntry)
        .where((AuditEntry.person_id == person.id) | (AuditEntry.object == person.login))
        .order_by(AuditEntry.id.desc())
        .limit(30)
    ).all()
    names = {row.id: row.name for row in db.session.execute(select(Person.id, Person.name))}
    return render_template(
        "people/page.html",
        nav="/people",
        person=person,
        sessions=login.open_sessions([person]).get(person.id, 0),
        is_locked=bool(login.locked_people([person])),
        may_manage=people.may_manage(by, person),
        roles=ROLES,
        entries=entries,
        names=names,
    )


@bp.post("/people")
@allow_only("admin")
def add() -> Response:
    """Put a person on file; the badge is shown once."""
    by = me()
    try:
        person, badge = transact(lambda: _add(by))
    except Refusal as refusal:
        words = {"login": typed("login"), "name": typed("name"), "roles": request.form.getlist("roles")}
        page = render_template("people/new.html", nav="/people", roles=ROLES, error=refusal.say, typed=words)
        return make_response(page, 422)
    return _show_badge(person, badge)


def _add(by: By) -> tuple[Person, str]:
    person, badge = people.add(by, login=typed("login"), name=typed("name"), roles=request.form.getlist("roles"))
    people.set_pin(by, person, typed("pin"))
    return person, badge


def _show_badge(person: Person, badge: str) -> Response:
    """The badge, this once: its code, and the card as a picture within the page."""
    shown = base64.b64encode(picture.png(_card(person, badge))).decode()
    page = render_template("people/badge.html", nav="/people", person=person, badge=badge, card=shown)
    return make_response(page)


def _card(person: Person, badge: str) -> Label:
    """The card of a badge, proven, 86 x 54 mm."""
    site = db.session.get_one(Site, person.site_id)
    facts = BadgeFacts(person.name, badge, ", ".join(person.roles), site.name)
    return prove(badge_card(facts, CARD)).label


@bp.post("/people/<int:person_id>/badge-card")
@allow()
def print_badge(person_id: int) -> Response:
    """The card as PDF. The code is a secret that is stored nowhere: the page that shows it sends it along.

    Only the badge that counts is drawn: refuses bad_request for any other, not_allowed.
    """
    person, badge = one(Person, person_id), typed("badge", 80)
    if not people.may_manage(me(), person):
        raise Refusal("not_allowed")
    if not people.is_badge_of(person, badge):
        raise Refusal("bad_request", f"That is not the badge of {person.name} that counts.")
    response = make_response(pdf.pages([_card(person, badge)]))
    response.mimetype = PDF
    response.headers["Content-Disposition"] = 'inline; filename="badge.pdf"'
    return response


@bp.post("/people/<int:person_id>/badge")
@allow()
def new_badge(person_id: int) -> Response:
    """A new badge; the old one and its sessions end."""
    by = me()
    person = one(Person, person_id)
    badge = transact(lambda: people.new_badge(by, _managed(by, person_id)))
    return _show_badge(person, badge)


@bp.post("/people/<int:person_id>/pin")
@allow()
def set_pin(person_id: int) -> Response:
    """Set the PIN."""
    return _act(person_id, lambda by, person: people.set_pin(by, person, typed("pin")), "{name} has a new PIN.")


@bp.post("/people/<int:person_id>/sessions")
@allow()
def end_sessions(person_id: int) -> Response:
    """Log the person out everywhere."""
    return _act(person_id, lambda _by, person: login.end_sessions(person), "{name} is logged out everywhere.")


@bp.post("/people/<int:person_id>/unlock")
@allow()
def unlock(person_id: int) -> Response:
    """After wrong PINs: let them try again at once."""
    return _act(person_id, lambda by, person: login.unlock(person, by=by), "{name} may try again.")


@bp.post("/people/<int:person_id>/password")
@allow_only("admin")
def set_password(person_id: int) -> Response:
    """Set the password of a supervisor or admin."""
    secret = request.form.get("password", "")
    return _act(person_id, lambda by, person: people.set_password(by, person, secret), "{name} has a new password.")


@bp.post("/people/<int:person_id>/roles")
@allow_only("admin")
def set_roles(person_id: int) -> Response:
    """Change what the person may do; they log in anew."""
    chosen = request.form.getlist("roles")
    return _act(person_id, lambda by, person: people.set_roles(by, person, chosen), "{name} has new roles.")


@bp.post("/people/<int:person_id>/disable")
@allow_only("admin")
def disable(person_id: int) -> Response:
    """Send the person home: all sessions end at once."""
    return _act(person_id, people.disable, "{name} is out.")


@bp.post("/people/<int:person_id>/enable")
@allow_only("admin")
def enable(person_id: int) -> Response:
    """Let the person in again."""
    return _act(person_id, people.enable, "{name} is in again.")


def _act(person_id: int, work: Callable[[By, Person], object], done: str) -> Response:
    by, name = me(), one(Person, person_id).name
    return act(lambda: work(by, _managed(by, person_id)), done.format(name=name), f"/people/{person_id}")


def _managed(by: By, person_id: int) -> Person:
    person = db.session.get_one(Person, person_id, with_for_update=True)
    if not people.may_manage(by, person):
        raise Refusal("not_allowed")
    return person
