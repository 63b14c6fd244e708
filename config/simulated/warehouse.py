"""The simulated warehouse: takes shipment requests; its page packs, ships and delivers them, and tells the shop.

A request with `"waits": true` is packed at once, but not handed to the carrier before the shop says so (`…/ship`).
"""

import json
import time
from secrets import token_hex
from typing import Any

from config.simulated.callbacks import hmac_of
from config.simulated.service import Answer, Call, Refused, Service

TABLES = """
CREATE TABLE IF NOT EXISTS shipment (
    id TEXT PRIMARY KEY, order_number TEXT, lines TEXT, address TEXT, state TEXT, carrier TEXT DEFAULT '',
    tracking_number TEXT DEFAULT '', at REAL
);
CREATE TABLE IF NOT EXISTS go_ahead (
    shipment_id TEXT PRIMARY KEY, given INTEGER, carrier TEXT DEFAULT '', tracking_number TEXT DEFAULT ''
);
"""
#: requested ─▶ packed ─▶ shipped ─▶ delivered; cancelled before it is shipped.
STATES = ("requested", "packed", "shipped", "delivered")

service = Service("warehouse", TABLES, sign=lambda secret, body: {"X-Signature": f"sha256={hmac_of(secret, body)}"})


@service.on("POST", "shipments")
def request_shipment(call: Call) -> Answer:
    """{order_number, lines: [{sku, quantity}], address, waits?} → 201 {shipment_id}."""
    lines = call.body.get("lines")
    if not isinstance(lines, list) or not lines:
        raise Refused(400, "invalid", field="lines")
    shipment_id = f"sh_{token_hex(8)}"
    kept = (json.dumps(lines), json.dumps(call.body.get("address") or {}))
    call.db.execute(
        "INSERT INTO shipment (id, order_number, lines, address, state, at) VALUES (?, ?, ?, ?, 'requested', ?)",
        (shipment_id, call.text("order_number"), *kept, time.time()),
    )
    if call.body.get("waits") is True:
        call.db.execute("INSERT INTO go_ahead (shipment_id, given) VALUES (?, 0)", (shipment_id,))
    return Answer(201, {"shipment_id": shipment_id, "state": "requested"})


@service.on("POST", "shipments/{id}/ship")
def let_go(call: Call) -> Answer:
    """{carrier, tracking_number}, of the label that goes onto the parcel, or both empty → 200; it may go now.

    409 for one that was cancelled. Twice is once."""
    shipment = _found(call)
    if shipment["state"] == "cancelled":
        raise Refused(409, "cancelled")
    given = [str(call.body.get(name, "")) for name in ("carrier", "tracking_number")]
    call.db.execute("REPLACE INTO go_ahead VALUES (?, 1, ?, ?)", (shipment["shipment_id"], *given))
    return Answer(200, {"shipment_id": shipment["shipment_id"], "state": shipment["state"]})


@service.on("DELETE", "shipments/{id}")
def cancel_shipment(call: Call) -> Answer:
    """200; 409 when it is on its way. Cancelling a cancelled one is no error."""
    shipment = _found(call)
    if shipment["state"] in ("shipped", "delivered"):
        raise Refused(409, "already_shipped", state=shipment["state"])
    call.db.execute("UPDATE shipment SET state = 'cancelled' WHERE id = ?", (shipment["shipment_id"],))
    return Answer(200, {"shipment_id": shipment["shipment_id"], "state": "cancelled"})


@service.on("GET", "shipments")
def list_shipments(call: Call) -> Answer:
    """The newest first."""
    rows = call.db.execute("SELECT * FROM shipment ORDER BY at DESC, rowid DESC LIMIT 500").fetchall()
    return Answer(200, {"shipments": [_shown(call, row) for row in rows]})


@service.on("GET", "shipments/{id}")
def show_shipment(call: Call) -> Answer:
    """One."""
    return Answer(200, _found(call))


@service.on("POST", "shipments/{id}/advance", is_own=True)
def advance(call: Call) -> Answer:
    """{state?: packed|shipped|delivered, default the next one} → the shop is told by webhook of each state passed."""
    shipment = _found(call)
    if shipment["state"] not in STATES[:-1]:
        raise Refused(409, "nothing_to_do", state=shipment["state"])
    begin = STATES.index(shipment["state"]) + 1
    wanted = call.body.get("state", STATES[begin])
    if wanted not in STATES[begin:]:
        raise Refused(409, "not_possible", state=shipment["state"])
    if wanted != "packed" and not _may_go(call, shipment["shipment_id"]):
        raise Refused(409, "waits_for_the_shop", state=shipment["state"])
    for state in STATES[begin : STATES.index(wanted) + 1]:
        _move(call, shipment["shipment_id"], state)
    return show_shipment(call)


def _may_go(call: Call, shipment_id: str) -> bool:
    row = call.db.execute("SELECT given FROM go_ahead WHERE shipment_id = ?", (shipment_id,)).fetchone()
    return row is None or bool(row["given"])


def _parcel(call: Call, shipment_id: str) -> tuple[str, str]:
    """The carrier and the number on the label; the warehouse has labels of its own."""
    row = call.db.execute("SELECT * FROM go_ahead WHERE shipment_id = ?", (shipment_id,)).fetchone()
    if row and row["tracking_number"]:
        return row["carrier"], row["tracking_number"]
    return "Simulated Parcel", f"SP{shipment_id[3:].upper()}"


def _move(call: Call, shipment_id: str, state: str) -> None:
    carrier = _parcel(call, shipment_id) if state in ("shipped", "delivered") else ("", "")
    call.db.execute(
        "UPDATE shipment SET state = ?, carrier = ?, tracking_number = ? WHERE id = ?", (state, *carrier, shipment_id)
    )
    told = {"shipment_id": shipment_id, "state": state, "carrier": carrier[0], "tracking_number": carrier[1]}
    call.call_back("/api/warehouse/webhook/", json.dumps(told))


def _found(call: Call) -> dict[str, Any]:
    row = call.db.execute("SELECT * FROM shipment WHERE id = ?", (call.args["id"],)).fetchone()
    if row is None:
        raise Refused(404, "not_found")
    return _shown(call, row)


def _shown(call: Call, row: Any) -> dict[str, Any]:
    read = {"lines": json.loads(row["lines"]), "address": json.loads(row["address"])}
    read |= {"may_go": _may_go(call, row["id"])}
    return {"shipment_id": row["id"], **{name: row[name] for name in row.keys() if name != "id"}, **read}  # noqa: SIM118
