"""Company: the head of the documents, for admins."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from scanner import company
from scanner.db import db, transact
from scanner.models import Site
from scanner.refusals import Refusal
from web.auth import allow_only, me, takes
from web.config import FORM_BYTES

bp = Blueprint("company", __name__)

FIELDS = (  # name, label, what stands below it
    ("legal_name", "Legal name", ""),
    ("street", "Street", "one or more lines"),
    ("postcode", "Postcode", ""),
    ("city", "City", ""),
    ("region", "State, province or county", "where addresses have one"),
    ("country_code", "Country", "two letters, such as GB; it decides between A4 and Letter"),
    ("phone", "Phone", ""),
    ("email", "E-mail", ""),
    ("web", "Web", ""),
    ("tax_label", "Word for the tax", "VAT, MwSt., GST"),
    ("tax_id", "Tax number", ""),
    ("gs1_prefix", "GS1 company prefix", f"for SSCCs of pallets and cartons; {company.NO_PREFIX} is nobody's"),
    ("currency", "Currency", "three letters, of orders that name none"),
    ("locale", "Language and country of figures", "en_GB, de_DE, fr_FR"),
    ("invoice_prefix", "Before an invoice's number", "INV-"),
    ("invoice_note", "Below every invoice", "terms of payment, bank"),
)
LONG = ("street", "invoice_note")


@bp.get("/company")
@allow_only("admin")
def index() -> str:
    """The head of the documents as it is."""
    site = db.session.get_one(Site, me().site_id)
    return _page({name: getattr(site, name) for name, _label, _hint in FIELDS}, "")


@bp.post("/company")
@allow_only("admin")
@takes(company.LOGO_BYTES + FORM_BYTES)
def change() -> Response:
    """Take the settings, and a logo if one was chosen."""
    by = me()
    site = db.session.get_one(Site, by.site_id)
    names = [name for name, _label, _hint in FIELDS]
    typed = {name: request.form.get(name, getattr(site, name)).replace("\x00", "") for name in names}
    logo = request.files.get("logo")
    png = logo.stream.read(company.LOGO_BYTES + 1) if logo is not None and logo.filename else b""

    def work() -> None:
        company.change(by, typed)
        if png:
            company.set_logo(by, png)
        elif "no_logo" in request.form:
            company.drop_logo(by)

    try:
        transact(work)
    except Refusal as refusal:
        return make_response(_page(typed, refusal.say), 422)
    flash("Documents have this head from now on. Invoices that were issued stay as they were.", "ok")
    return redirect("/company", 303)


def _page(typed: dict[str, str], error: str) -> str:
    site = db.session.get_one(Site, me().site_id)
    return render_template(
        "company/index.html",
        nav="/company",
        fields=FIELDS,
        long=LONG,
        typed=typed,
        error=error,
        has_logo=site.logo is not None,
        logo_kb=company.LOGO_BYTES // 1000,
    )
