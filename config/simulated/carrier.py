"""The simulated carrier: sells labels, takes them back until the parcel moves, and tells the shop how far it is.

It does not deliver to Antarctica (country AQ): buying such a label is refused with 422, whatever the knobs say.
"""

import json
import time
from decimal import Decimal
from secrets import token_hex
from typing import Any

from config.simulated.callbacks import hmac_of
from config.simulated.service import Answer, Call, Refused, Service

TABLES = """
CREATE TABLE IF NOT EXISTS label (
    id TEXT PRIMARY KEY, reference TEXT, tracking_number TEXT, carrier TEXT, price TEXT, currency TEXT, document TEXT,
    state TEXT, at REAL
);
"""
CARRIER, NOT_SERVED = "Simulated Parcel", {"AQ"}
PRICE, PRICE_ABROAD, AT_HOME = Decimal("3.90"), Decimal("12.50"), "GB"
#: bought ─▶ moving ─▶ arrived; voided before it moves.
STATES = ("bought", "moving", "arrived")
_ADDRESS = ("name", "line1", "line2", "city", "region", "postal_code", "country")

service = Service("carrier", TABLES, sign=lambda secret, body: {"X-Signature": f"sha256={hmac_of(secret, body)}"})


@service.on("POST", "labels")
def buy_label(call: Call) -> Answer:
    """{reference, from, to} → 201 {label_id, tracking_number, carrier, price, currency, document}."""
    sender, receiver = _address(call, "from"), _address(call, "to")
    countries = {str(place.get("country", AT_HOME)) for place in (sender, receiver)}
    if countries & NOT_SERVED:
        raise Refused(422, "not_served", countries=sorted(countries & NOT_SERVED))
    label_id, tracking_number = f"lb_{token_hex(8)}", f"SP{token_hex(6).upper()}"
    price = PRICE if countries == {AT_HOME} else PRICE_ABROAD
    reference = call.text("reference")
    document = _document(reference, tracking_number, sender, receiver)
    call.db.execute(
        "INSERT INTO label VALUES (?, ?, ?, ?, ?, 'GBP', ?, 'bought', ?)",
        (label_id, reference, tracking_number, CARRIER, str(price), document, time.time()),
    )
    return Answer(201, _shown(_found(call, label_id)))


@service.on("DELETE", "labels/{id}")
def void_label(call: Call) -> Answer:
    """200, also for a voided one; 409 when the parcel is on its way."""
    label = _found(call, call.args["id"])
    if label["state"] not in ("bought", "voided"):
        raise Refused(409, "on_its_way", state=label["state"])
    call.db.execute("UPDATE label SET state = 'voided' WHERE id = ?", (label["id"],))
    return Answer(200, _shown(_found(call, label["id"])))


@service.on("GET", "labels")
def list_labels(call: Call) -> Answer:
    """The newest first."""
    rows = call.db.execute("SELECT * FROM label ORDER BY at DESC, rowid DESC LIMIT 1000")
    return Answer(200, {"labels": [_shown(row) for row in rows]})


@service.on("POST", "labels/{id}/advance", is_own=True)
def advance(call: Call) -> Answer:
    """The parcel goes one state further, and the shop is told by webhook."""
    label = _found(call, call.args["id"])
    if label["state"] not in STATES[:-1]:
        raise Refused(409, "nothing_to_do", state=label["state"])
    state = STATES[STATES.index(label["state"]) + 1]
    call.db.execute("UPDATE label SET state = ? WHERE id = ?", (state, label["id"]))
    call.call_back("/api/carrier/webhook/", json.dumps({"label_id": label["id"], "state": state}))
    return Answer(200, _shown(_found(call, label["id"])))


def _address(call: Call, field: str) -> dict[str, Any]:
    place = call.body.get(field)
    if not isinstance(place, dict) or not place:
        raise Refused(400, "invalid", field=field)
    return place


def _document(reference: str, tracking_number: str, sender: dict[str, Any], receiver: dict[str, Any]) -> str:
    """What is printed and stuck onto the parcel."""
    parts = [CARRIER, tracking_number, reference, "", "TO", *_lines(receiver), "", "FROM", *_lines(sender)]
    return "\n".join(parts) + "\n"


def _lines(place: dict[str, Any]) -> list[str]:
    return [str(place[field]) for field in _ADDRESS if place.get(field)]


def _found(call: Call, label_id: str) -> Any:
    row = call.db.execute("SELECT * FROM label WHERE id = ?", (label_id,)).fetchone()
    if row is None:
        raise Refused(404, "not_found")
    return row


def _shown(row: Any) -> dict[str, Any]:
    return {"label_id": row["id"], **{name: row[name] for name in row.keys() if name != "id"}}  # noqa: SIM118
