"""The simulated payment provider: no money, and the card number decides what happens.

| card             | what happens                                                     |
|------------------|------------------------------------------------------------------|
| 4242424242424242 | charged, or reserved until it is captured                        |
| 4000000000000002 | declined                                                         |
| 4000000000009995 | declined: insufficient funds                                     |
| 4000000000000069 | declined: expired card                                           |
| 4000000000003220 | charged, after `slow_seconds`                                    |
| 4000000000003063 | charged at once, answered after `slow_seconds`                   |
| 4000000000000119 | error 500, nothing charged                                       |
| 4000000000006975 | charged, but the answer is an error 500                          |
| 4000000000000341 | charged, but the answer is lost on the way                       |
| 4000000000005423 | no answer and no charge                                          |
| 4000000000000259 | charged, then disputed: webhook charge.dispute.created           |
| 4000000000007726 | charged; refunds succeed later: webhook refund.updated           |
| 4000000000005126 | charged; refunds fail later: webhook refund.updated              |
| 4000000000007635 | reserved; capturing it is refused                                |
| anything else    | declined: not a test card                                        |

With `"capture": false` the money of a charge is only reserved. What is refunded before the capture is released: it will
not be captured, and a charge that is released as a whole never is.

Five promises: one key charges at most once; a charge is captured at most once, for what was not released; one key
refunds at most once, and never more than was charged; a closed key never charges; whoever asks for a key's charge
learns the truth. Only the last four digits of a card are kept.
"""

import json
import sqlite3
import time
from decimal import Decimal, InvalidOperation
from secrets import token_hex
from typing import Any

from config.simulated.callbacks import hmac_of
from config.simulated.service import Answer, Call, Mood, Refused, Request, Service

TABLES = """
CREATE TABLE IF NOT EXISTS charge (
    id TEXT PRIMARY KEY, key TEXT UNIQUE, outcome TEXT, reason TEXT, amount TEXT, currency TEXT, refundable TEXT,
    last_four TEXT, refunds_end TEXT, dispute TEXT DEFAULT '', at REAL
);
CREATE TABLE IF NOT EXISTS refund (
    id TEXT PRIMARY KEY, key TEXT UNIQUE, charge_id TEXT REFERENCES charge, amount TEXT, currency TEXT, status TEXT,
    at REAL
);
CREATE TABLE IF NOT EXISTS capture (charge_id TEXT PRIMARY KEY REFERENCES charge, amount TEXT, at REAL);
CREATE TABLE IF NOT EXISTS reserved (charge_id TEXT PRIMARY KEY REFERENCES charge, never_captured INTEGER);
"""
DECLINED = {
    "4000000000000002": "declined",
    "4000000000009995": "insufficient-funds",
    "4000000000000069": "expired-card",
}
TROUBLES = {
    "4000000000003063": "late",
    "4000000000000119": "error",
    "4000000000006975": "error_after",
    "4000000000000341": "lost",
    "4000000000005423": "silence",
}
SLOW, DISPUTED, NEVER_CAPTURED = "4000000000003220", "4000000000000259", "4000000000007635"
REFUNDS_END = {"4000000000007726": "succeeded", "4000000000005126": "failed"}
CHARGED = {"4242424242424242", SLOW, DISPUTED, NEVER_CAPTURED, *TROUBLES, *REFUNDS_END}
WEBHOOK_PATH = "/api/payments/webhook/"
WEBHOOK_AFTER_SECONDS = 1.0  # the answer to the call itself comes first


def sign(secret: str, body: str) -> dict[str, str]:
    """`Webhook-Signature: t=<time>,v1=<HMAC of "time.body">`, anew for each try."""
    now = int(time.time())
    return {"Webhook-Signature": f"t={now},v1={hmac_of(secret, f'{now}.{body}')}"}


def mood(request: Request, slow_seconds: float) -> Mood | None:
    """What the card says; None leaves it to the knobs."""
    if request.method != "POST" or request.path != "charges":
        return None
    number = _card_number(request.body)
    if number == SLOW:
        return Mood(slow_seconds)
    return Mood(trouble=TROUBLES[number]) if number in TROUBLES else None


service = Service("payments", TABLES, sign=sign, mood=mood, keeps_keys=True)


@service.on("POST", "charges")
def charge(call: Call) -> Answer:
    """{amount, currency, card: {number}, capture?} → 201 {id, captured}, 402 {reason}, 409 for a closed key."""
    row = _settle_key(call, _key(call), *_outcome(_card_number(call.body)), amount=_amount(call))
    if row["outcome"] == "closed":
        raise Refused(409, "key_closed")
    if row["outcome"] == "declined":
        return Answer(402, {"error": "card_declined", "reason": row["reason"]})
    return Answer(201, _shown(call, row))


@service.on("POST", "charges/{id}/capture")
def capture(call: Call) -> Answer:
    """Take what was reserved and not released → 200 {id, captured}; 409 when there is nothing to take."""
    row = _charged(call, call.args["id"])
    if _is_reserved(call, row["id"]):
        _capture(call, row)
    return Answer(200, _shown(call, row))


@service.on("POST", "keys/{key}/close")
def close_key(call: Call) -> Answer:
    """200 {charge}: the one made with this key; or null, and there will never be one."""
    row = _settle_key(call, call.args["key"], "closed", "", amount=Decimal(0))
    return Answer(200, {"charge": _shown(call, row) if row["outcome"] == "charged" else None})


@service.on("POST", "refunds")
def refund(call: Call) -> Answer:
    """{charge_id, amount, currency} → 201 {id, status, captured}; 409 for more than was charged, or what is disputed.

    The status "released" says that the money was only reserved."""
    key = _key(call)
    known = call.db.execute("SELECT * FROM refund WHERE key = ?", (key,)).fetchone()
    made = known or _new_refund(call, key, _amount(call))
    charged = call.db.execute("SELECT * FROM charge WHERE id = ?", (made["charge_id"],)).fetchone()
    return Answer(201, {**dict(made), "captured": _shown(call, charged)["captured"]})


@service.on("GET", "charges")
def list_charges(call: Call) -> Answer:
    """Every key that was used, the newest first."""
    rows = call.db.execute("SELECT * FROM charge ORDER BY rowid DESC LIMIT 1000")
    return Answer(200, {"charges": [_shown(call, row) for row in rows]})


@service.on("GET", "refunds")
def list_refunds(call: Call) -> Answer:
    """The newest first."""
    rows = call.db.execute("SELECT * FROM refund ORDER BY rowid DESC LIMIT 1000")
    return Answer(200, {"refunds": [dict(row) for row in rows]})


@service.on("POST", "charges/{id}/limit", is_own=True)
def limit_refunds(call: Call) -> Answer:
    """{amount}: what may be given back of this charge, as if somebody at the provider had decided so."""
    _charged(call, call.args["id"])
    call.db.execute("UPDATE charge SET refundable = ? WHERE id = ?", (str(_amount(call)), call.args["id"]))
    return Answer(200, _shown(call, _charged(call, call.args["id"])))


@service.on("POST", "charges/{id}/dispute", is_own=True)
def dispute(call: Call) -> Answer:
    """The card's owner objects. {status?: won|lost} ends it. The shop is told by webhook."""
    row = _charged(call, call.args["id"])
    status = call.body.get("status", "needs_response")
    if status not in ("needs_response", "won", "lost"):
        raise Refused(400, "invalid", field="status")
    _dispute(call, row, status)
    return Answer(200, _shown(call, _charged(call, row["id"])))


def _key(call: Call) -> str:
    if not call.request.key:
        raise Refused(400, "idempotency_key_missing")
    return call.request.key


def _amount(call: Call) -> Decimal:
    try:
        amount = Decimal(call.text("amount"))
    except InvalidOperation:
        raise Refused(400, "invalid", field="amount") from None
    if not amount.is_finite() or amount < 0:
        raise Refused(400, "invalid", field="amount")
    return amount


def _card_number(body: dict[str, Any]) -> str:
    card = body.get("card")
    return str(card.get("number", "")) if isinstance(card, dict) else ""


def _outcome(number: str) -> tuple[str, str]:
    return ("charged", "") if number in CHARGED else ("declined", DECLINED.get(number, "not-a-test-card"))


def _settle_key(call: Call, key: str, outcome: str, reason: str, *, amount: Decimal) -> sqlite3.Row:
    """Whoever comes first with a key decides its outcome; everybody else reads it."""
    known: sqlite3.Row | None = call.db.execute("SELECT * FROM charge WHERE key = ?", (key,)).fetchone()
    if known:
        return known
    number, currency = _card_number(call.body), str(call.body.get("currency", ""))
    values = (f"ch_{token_hex(12)}", key, outcome, reason, str(amount), currency, str(amount), number[-4:])
    call.db.execute(
        "INSERT INTO charge (id, key, outcome, reason, amount, currency, refundable, last_four, refunds_end, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, REFUNDS_END.get(number, ""), time.time()),
    )
    row: sqlite3.Row = call.db.execute("SELECT * FROM charge WHERE key = ?", (key,)).fetchone()
    if outcome == "charged" and call.body.get("capture") is False:
        call.db.execute("INSERT INTO reserved VALUES (?, ?)", (row["id"], number == NEVER_CAPTURED))
    elif number == DISPUTED:
        _dispute(call, row, "needs_response")
    return row


def _is_reserved(call: Call, charge_id: str) -> bool:
    """And not captured."""
    query = "SELECT 1 FROM reserved LEFT JOIN capture USING (charge_id) WHERE charge_id = ? AND amount IS NULL"
    return call.db.execute(query, (charge_id,)).fetchone() is not None


def _capture(call: Call, row: sqlite3.Row) -> None:
    released = call.db.execute("SELECT amount FROM refund WHERE charge_id = ?", (row["id"],)).fetchall()
    left = Decimal(row["amount"]) - sum((Decimal(one["amount"]) for one in released), Decimal(0))
    query = "SELECT never_captured FROM reserved WHERE charge_id = ?"
    if not left or call.db.execute(query, (row["id"],)).fetchone()["never_captured"]:
        raise Refused(409, "cannot_be_captured", left=str(left))
    call.db.execute("INSERT INTO capture VALUES (?, ?, ?)", (row["id"], str(left), time.time()))
    if row["last_four"] == DISPUTED[-4:]:
        _dispute(call, row, "needs_response")


def _charged(call: Call, charge_id: str) -> sqlite3.Row:
    query = "SELECT * FROM charge WHERE id = ? AND outcome = 'charged'"
    row: sqlite3.Row | None = call.db.execute(query, (charge_id,)).fetchone()
    if row is None:
        raise Refused(409, "no_such_charge")
    return row


def _new_refund(call: Call, key: str, amount: Decimal) -> sqlite3.Row:
    row = _charged(call, call.text("charge_id"))
    earlier = call.db.execute("SELECT amount FROM refund WHERE charge_id = ? AND status != 'failed'", (row["id"],))
    is_too_much = sum((Decimal(one["amount"]) for one in earlier), amount) > Decimal(row["refundable"])
    if is_too_much or not amount or row["dispute"] not in ("", "won"):  # a dispute takes the money back by itself
        raise Refused(409, "refund_refused")
    is_reserved = _is_reserved(call, row["id"])
    is_told = bool(row["refunds_end"]) and not is_reserved
    status = "released" if is_reserved else "pending" if is_told else "succeeded"
    values = (f"re_{token_hex(12)}", key, row["id"], str(amount), row["currency"], status, time.time())
    call.db.execute("INSERT INTO refund VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    if is_told:
        _tell(call, "refund.updated", id=values[0], charge=row["id"], amount=str(amount), status=row["refunds_end"])
    found: sqlite3.Row = call.db.execute("SELECT * FROM refund WHERE id = ?", (values[0],)).fetchone()
    return found


def _dispute(call: Call, row: sqlite3.Row, status: str) -> None:
    call.db.execute("UPDATE charge SET dispute = ? WHERE id = ?", (status, row["id"]))
    event_type = "charge.dispute.created" if status == "needs_response" else "charge.dispute.closed"
    _tell(call, event_type, id=f"dp_{row['id'][3:]}", charge=row["id"], amount=row["amount"], status=status)


def _tell(call: Call, event_type: str, **thing: str) -> None:
    event = {"id": f"evt_{token_hex(12)}", "type": event_type, "created": int(time.time()), "data": {"object": thing}}
    call.call_back(WEBHOOK_PATH, json.dumps(event), after_seconds=WEBHOOK_AFTER_SECONDS)


def _shown(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """`captured` is what was taken; empty while it is only reserved, and for what was declined or closed."""
    taken = call.db.execute("SELECT amount FROM capture WHERE charge_id = ?", (row["id"],)).fetchone()
    is_taken = row["outcome"] == "charged" and not _is_reserved(call, row["id"])
    captured = taken["amount"] if taken else row["amount"] if is_taken else ""
    return {**{name: row[name] for name in row.keys() if name != "refunds_end"}, "captured": captured}  # noqa: SIM118
