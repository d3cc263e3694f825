"""Words: every word that a document says by itself, by language. A language is one more table with the same keys."""

from __future__ import annotations

from typing import Final

from labels.text import is_right_to_left

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "packing_slip": "Packing slip", "invoice": "Invoice", "pick_list": "Pick list", "manifest": "Manifest",
        "receiving_sheet": "Receiving worksheet", "count_sheet": "Count sheet",
        "page": "Page {n} of {m}", "continued": "continued", "copy": "COPY", "preview": "PREVIEW, NOT AN INVOICE",
        "order": "Order", "ordered": "Ordered", "ordered_on": "Ordered on", "promised": "Promised for",
        "ship_from": "Ship from", "ship_to": "Ship to", "bill_to": "Bill to", "carrier": "Carrier", "phone": "Phone",
        "parcels": "Parcels", "parcel_of": "Parcel {n} of {m}", "carton": "Carton", "weight": "Weight",
        "delivery": "Delivery",
        "tracking": "Tracking", "sku": "SKU", "item": "Item", "qty": "Quantity", "lot": "Lot", "serial": "Serial",
        "expiry": "Expires", "best_before": "Best before", "instructions": "Instructions", "line": "Line",
        "empty_parcel": "Nothing is in this parcel yet.", "nothing_packed": "Nothing is packed yet.",
        "not_here": "Not in this delivery", "packed": "Packed", "missing": "Missing", "why": "Why",
        "will_not_come": "Not available. It will not be sent.", "follows": "Follows in a later delivery.",
        "invoice_date": "Invoice date", "customer": "Customer", "price": "Price", "discount": "Discount",
        "amount": "Amount", "net": "Net", "rate": "Rate", "net_of_rate": "{label} {rate} on {net}", "total": "Total",
        "tax_id": "{label} number", "their_tax_id": "{label} number", "free_of_tax": "{label} 0 %",
        "tax": "Tax", "tax_number": "Tax number",
        "location": "Location", "digits": "Check", "done": "Done", "tote": "Tote",
        "from_unit": "in", "picker": "Picker",
        "nothing_to_pick": "No stock is promised to this order.", "stops": "Stops", "units": "Units",
        "lacking": "No stock is promised for", "to_tote": "Write the tote's number, or scan it at the bench.",
        "supplier": "Supplier", "purchase_order": "Purchase order", "due": "Due", "received_before": "So far",
        "received": "Received", "damaged": "Damaged", "received_by": "Received by", "date": "Date and time",
        "blind": "Blind: count what is there.", "no_lines": "It has no lines.", "more": "Not on the order",
        "counted": "Counted", "counted_by": "Counted by",
        "count_how": "Count what is there. Write every lot by itself; "
        "add what is not listed. Write 0 for what is listed and not there.",
        "count_task": "Count", "unit": "Pallet or tote", "note": "Note",
        "door": "Door", "opened": "Opened", "closed": "Closed", "status": "Status", "open": "open: not complete yet",
        "to": "To", "sscc": "SSCC", "parcel_count": "{n} parcels", "unweighed": "{n} without a weight",
        "loaded_by": "Loaded by", "driver": "Driver", "vehicle": "Vehicle", "signature": "Name and signature",
        "no_parcels": "No parcel is loaded yet.", "is_closed": "closed",
    },
    "de": {
        "packing_slip": "Lieferschein", "invoice": "Rechnung", "pick_list": "Pickliste", "manifest": "Ladeliste",
        "receiving_sheet": "Wareneingangsblatt", "count_sheet": "Zählblatt",
        "page": "Seite {n} von {m}", "continued": "Fortsetzung", "copy": "KOPIE", "preview": "VORSCHAU, KEINE RECHNUNG",
        "order": "Auftrag", "ordered": "Bestellt", "ordered_on": "Bestellt am", "promised": "Zugesagt für",
        "ship_from": "Absender", "ship_to": "Lieferung an", "bill_to": "Rechnung an", "carrier": "Versand",
        "phone": "Telefon", "parcels": "Pakete", "parcel_of": "Paket {n} von {m}", "carton": "Karton",
        "delivery": "Lieferung",
        "weight": "Gewicht", "tracking": "Sendung", "sku": "Artikelnr.", "item": "Artikel", "qty": "Menge",
        "lot": "Charge", "serial": "Seriennr.", "expiry": "Verfällt am", "best_before": "Mindestens haltbar bis",
        "instructions": "Hinweise", "line": "Pos.", "empty_parcel": "In diesem Paket ist noch nichts.",
        "nothing_packed": "Es ist noch nichts verpackt.", "not_here": "Nicht in dieser Lieferung",
        "packed": "Geliefert", "missing": "Fehlt", "why": "Grund",
        "will_not_come": "Nicht verfügbar. Wird nicht geliefert.", "follows": "Folgt mit einer späteren Lieferung.",
        "invoice_date": "Rechnungsdatum", "customer": "Kunde", "price": "Preis", "discount": "Rabatt",
        "amount": "Betrag", "net": "Netto", "rate": "Satz", "net_of_rate": "{label} {rate} auf {net}",
        "total": "Gesamt", "tax_id": "{label}-Nummer", "their_tax_id": "{label}-Nummer", "free_of_tax": "{label} 0 %",
        "tax": "Steuer", "tax_number": "Steuernummer",
        "location": "Platz", "digits": "Prüfung", "done": "Fertig", "tote": "Behälter", "from_unit": "in",
        "picker": "Kommissionierer", "nothing_to_pick": "Für diesen Auftrag ist kein Bestand reserviert.",
        "stops": "Halte", "units": "Stück", "lacking": "Kein Bestand reserviert für",
        "to_tote": "Behälternummer eintragen oder am Packplatz scannen.", "supplier": "Lieferant",
        "purchase_order": "Bestellung", "due": "Fällig", "received_before": "Bisher", "received": "Erhalten",
        "damaged": "Beschädigt", "received_by": "Angenommen von", "date": "Datum und Uhrzeit",
        "blind": "Blind: zählen, was da ist.", "no_lines": "Sie hat keine Positionen.", "more": "Nicht bestellt",
        "counted": "Gezählt", "counted_by": "Gezählt von",
        "count_how": "Zählen, was da ist. Jede Charge für sich; was fehlt in der Liste, dazuschreiben. 0 für das, was "
        "in der Liste steht und nicht da ist.",
        "count_task": "Zählung", "unit": "Palette oder Behälter", "note": "Bemerkung", "door": "Tor",
        "opened": "Begonnen", "closed": "Abgeschlossen", "status": "Stand", "open": "offen: noch nicht vollständig",
        "to": "An", "sscc": "SSCC", "parcel_count": "{n} Pakete", "unweighed": "{n} ohne Gewicht",
        "loaded_by": "Verladen von", "driver": "Fahrer", "vehicle": "Fahrzeug", "signature": "Name und Unterschrift",
        "no_parcels": "Es ist noch kein Paket verladen.", "is_closed": "abgeschlossen",
    },
    "fr": {
        "packing_slip": "Bon de livraison", "invoice": "Facture", "pick_list": "Liste de prélèvement",
        "manifest": "Bordereau de chargement", "receiving_sheet": "Feuille de réception",
        "count_sheet": "Feuille de comptage",
        "page": "Page {n} sur {m}", "continued": "suite", "copy": "COPIE", "preview": "APERÇU, PAS UNE FACTURE",
        "order": "Commande", "ordered": "Commandé", "ordered_on": "Commandé le", "promised": "Promis pour",
        "ship_from": "Expéditeur", "ship_to": "Livré à", "bill_to": "Facturé à", "carrier": "Transporteur",
        "phone": "Téléphone", "parcels": "Colis", "parcel_of": "Colis {n} sur {m}", "carton": "Carton",
        "delivery": "Livraison",
        "weight": "Poids", "tracking": "Suivi", "sku": "Référence", "item": "Article", "qty": "Quantité",
        "lot": "Lot", "serial": "N° de série", "expiry": "Expire le", "best_before": "À consommer avant le",
        "instructions": "Consignes", "line": "Ligne", "empty_parcel": "Ce colis est encore vide.",
        "nothing_packed": "Rien n’est encore emballé.", "not_here": "Absent de cette livraison", "packed": "Livré",
        "missing": "Manque", "why": "Motif", "will_not_come": "Indisponible. Ne sera pas envoyé.",
        "follows": "Suit dans une prochaine livraison.", "invoice_date": "Date de facture", "customer": "Client",
        "price": "Prix", "discount": "Remise", "amount": "Montant", "net": "Total HT", "rate": "Taux",
        "net_of_rate": "{label} {rate} sur {net}", "total": "Total TTC", "tax_id": "N° {label}",
        "their_tax_id": "N° {label}", "free_of_tax": "{label} 0 %", "location": "Emplacement", "digits": "Contrôle",
        "tax": "Taxe", "tax_number": "N° fiscal",
        "done": "Fait", "tote": "Bac", "from_unit": "dans", "picker": "Préparateur",
        "nothing_to_pick": "Aucun stock n’est réservé pour cette commande.", "stops": "Arrêts", "units": "Unités",
        "lacking": "Aucun stock réservé pour", "to_tote": "Inscrire le numéro du bac, ou le scanner au poste.",
        "supplier": "Fournisseur", "purchase_order": "Commande d’achat", "due": "Attendu", "received_before": "Déjà",
        "received": "Reçu", "damaged": "Abîmé", "received_by": "Reçu par", "date": "Date et heure",
        "blind": "À l’aveugle : compter ce qui est là.", "no_lines": "Elle n’a aucune ligne.",
        "more": "Hors commande", "counted": "Compté", "counted_by": "Compté par",
        "count_how": "Compter ce qui est là. Chaque lot à part ; ajouter ce qui n’est pas listé. Écrire 0 pour ce qui "
        "est listé et absent.",
        "count_task": "Comptage", "unit": "Palette ou bac", "note": "Remarque", "door": "Porte", "opened": "Ouvert",
        "closed": "Fermé", "status": "État", "open": "ouvert : pas encore complet", "to": "À", "sscc": "SSCC",
        "parcel_count": "{n} colis", "unweighed": "{n} sans poids", "loaded_by": "Chargé par",
        "driver": "Chauffeur", "vehicle": "Véhicule", "signature": "Nom et signature",
        "no_parcels": "Aucun colis n’est encore chargé.", "is_closed": "fermé",
    },
}  # fmt: skip


def runs_from_right_to_left(language: str) -> bool:
    """Whether the words of this language, or the English ones that stand for it, go to the left."""
    return language in WORDS and is_right_to_left(WORDS[language]["packing_slip"])


def table(language: str) -> dict[str, str]:
    """The words of a language; English for one that has no table."""
    return WORDS.get(language, WORDS["en"])
