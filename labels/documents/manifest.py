"""Manifest: the parcels that a carrier takes from a door, to be signed by both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from labels.documents.address import one_line
from labels.documents.facts import company, one, party
from labels.documents.figures import instant, weight
from labels.documents.letters import words
from labels.documents.sheet import Column, Sheet
from scanner import shown
from scanner.db import db
from scanner.models import Customer, Location, Manifest, Order, Parcel, Site, Unit


def manifest(manifest_id: int, details: Mapping[str, Any] | None = None) -> bytes:  # noqa: ARG001 - the face of all
    """A manifest as PDF; an open one says that it is not complete. Refuses unknown_document."""
    paper = one(Manifest, manifest_id, "manifest")
    site, door = db.session.get_one(Site, paper.site_id), db.session.get_one(Location, paper.location_id)
    sheet = Sheet("manifest", paper.number, company(site))
    sheet.head(shown.manifest_code(paper.id))
    rows = _parcels(paper.id)
    weighed = [row.Parcel.weight_g for row in rows if row.Parcel.weight_g]
    at = sheet.locale
    sheet.facts(
        (sheet.say("carrier"), paper.carrier),
        (sheet.say("door"), door.code),
        (sheet.say("opened"), instant(paper.opened_at, site.timezone, at)),
        (sheet.say("closed"), instant(paper.closed_at, site.timezone, at) or sheet.say("open")),
    )
    if rows:
        _add_parcels(sheet, rows, site)
    else:
        sheet.note(sheet.say("no_parcels"))
    unweighed = len(rows) - len(weighed)
    more = [(sheet.say("unweighed", n=unweighed), "")] if unweighed else []
    sheet.sums(more, last=(sheet.say("parcel_count", n=len(rows)), weight(sum(weighed), at)))
    sheet.signatures(sheet.say("loaded_by"), sheet.say("driver"), sheet.say("vehicle"), sheet.say("date"))
    return sheet.pdf()


def _parcels(manifest_id: int) -> list[Any]:
    return list(
        db.session.execute(
            select(Parcel, Unit.code, Order.number, Customer)
            .join(Unit, Unit.id == Parcel.unit_id)
            .join(Order, Order.id == Parcel.order_id)
            .join(Customer, Customer.id == Order.customer_id)
            .where(Parcel.manifest_id == manifest_id)
            .order_by(Order.number, Parcel.id)
        )
    )


def _add_parcels(sheet: Sheet, rows: list[Any], site: Site) -> None:
    columns = [
        Column("", 9, right=True),
        Column(sheet.say("order"), 26),
        Column(sheet.say("to")),
        Column(sheet.say("sscc"), 37),
        Column(sheet.say("tracking"), 36),
        Column(sheet.say("weight"), 20, right=True),
    ]
    sheet.rows(
        columns,
        (
            [
                str(n),
                words(row.number),
                [words(row.Customer.name), words(one_line(party(row.Customer), site.country_code, sheet.locale), 8)],
                words(row.code, 8.5),
                words(row.Parcel.tracking, 8.5),
                weight(row.Parcel.weight_g, sheet.locale) if row.Parcel.weight_g else "–",
            ]
            for n, row in enumerate(rows, 1)
        ),
    )
