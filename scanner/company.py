"""Company: the head of every document: who sends, how to reach them, in which money and language; its GS1 prefix."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Annotated, Final

from PIL import Image, UnidentifiedImageError
from pydantic import Field, ValidationError

from scanner.audit import audit
from scanner.barcode.keys import SSCC_LENGTH
from scanner.by import By
from scanner.db import db
from scanner.imports.fields import Country, Currency, LocaleName, Name, Text
from scanner.imports.rows import Row
from scanner.models import Site
from scanner.refusals import Refusal

LOGO_BYTES: Final = 200_000
LOGO_PIXELS: Final = 2_000  # on its longer side
NO_PREFIX: Final = "0000000"  # GS1 keeps it for numbers that stay within a company (GenSpecs 1.4)


class Company(Row):
    """The settings that an admin may change, checked as imported cells are."""

    legal_name: Annotated[Name, Field(max_length=200)] = ""
    street: Annotated[Text, Field(max_length=300)] = ""
    postcode: Annotated[Name, Field(max_length=20)] = ""
    city: Annotated[Name, Field(max_length=100)] = ""
    region: Annotated[Name, Field(max_length=100)] = ""
    country_code: Country = ""
    tax_label: Annotated[Name, Field(max_length=16)] = "VAT"
    tax_id: Annotated[Name, Field(max_length=40)] = ""
    email: Annotated[Name, Field(max_length=120)] = ""
    phone: Annotated[Name, Field(max_length=40)] = ""
    web: Annotated[Name, Field(max_length=120)] = ""
    currency: Currency = "EUR"
    locale: LocaleName = "en_GB"
    invoice_prefix: Annotated[Name, Field(max_length=16)] = ""
    gs1_prefix: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")] = NO_PREFIX
    invoice_note: Annotated[Text, Field(max_length=500)] = ""


def change(by: By, typed: Mapping[str, str]) -> None:
    """Take the settings as typed; an empty field gets its default. Refuses bad_request with the first fault."""
    try:
        company = Company.model_validate({name: value for name, value in typed.items() if value.strip()})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = str(fault["loc"][0]).replace("_", " ").capitalize()
        raise Refusal("bad_request", f"{name}: {fault['msg']}.") from error
    site = db.session.get_one(Site, by.site_id, with_for_update=True)
    _check_prefix(company.gs1_prefix, site.sscc_serial)
    differs = {name: value for name, value in company.model_dump().items() if getattr(site, name) != value}
    for name, value in differs.items():
        setattr(site, name, value)
    if differs:
        audit(by, "company.change", site.code, ", ".join(differs))


def _check_prefix(prefix: str, given_out: int) -> None:
    """Refuses a prefix under which no number is left: SSCCs are counted on, whatever the prefix is."""
    most = 10 ** (SSCC_LENGTH - 2 - len(prefix)) - 1
    if given_out >= most:
        raise Refusal("bad_request", f"Gs1 prefix: it leaves {most} SSCCs, and {given_out} have been given out here.")


def set_logo(by: By, png: bytes) -> None:
    """Take a logo. Refuses bad_request for anything but a PNG of a size that a page can hold."""
    if len(png) > LOGO_BYTES:
        raise Refusal("bad_request", f"The logo is larger than {LOGO_BYTES // 1000} kB.")
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            if max(picture.size) > LOGO_PIXELS:
                raise Refusal("bad_request", f"The logo is larger than {LOGO_PIXELS} pixels.")
            picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Refusal("bad_request", "The logo is no PNG that can be read.") from error
    db.session.get_one(Site, by.site_id, with_for_update=True).logo = png
    audit(by, "company.logo", "", f"{len(png)} bytes")


def drop_logo(by: By) -> None:
    """Documents show the name again."""
    db.session.get_one(Site, by.site_id, with_for_update=True).logo = None
    audit(by, "company.logo", "", "taken off")
