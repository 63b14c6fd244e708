"""The simulated CRM: one contact per e-mail address."""

import json
import time

from config.simulated.service import Answer, Call, Service

TABLES = "CREATE TABLE IF NOT EXISTS contact (email TEXT PRIMARY KEY, fields TEXT, at REAL);"

service = Service("crm", TABLES)


@service.on("PUT", "contacts/{email}")
def put_contact(call: Call) -> Answer:
    """Any JSON object → 200; what was there is replaced."""
    email = call.args["email"].lower()
    call.db.execute("REPLACE INTO contact VALUES (?, ?, ?)", (email, json.dumps(call.body), time.time()))
    return Answer(200, {"email": email, **call.body})


@service.on("DELETE", "contacts/{email}")
def forget_contact(call: Call) -> Answer:
    """200, also when there was none."""
    call.db.execute("DELETE FROM contact WHERE email = ?", (call.args["email"].lower(),))
    return Answer(200)


@service.on("GET", "contacts")
def list_contacts(call: Call) -> Answer:
    """The newest first."""
    rows = call.db.execute("SELECT email, fields FROM contact ORDER BY at DESC, rowid DESC LIMIT 500")
    return Answer(200, {"contacts": [{"email": row["email"], **json.loads(row["fields"])} for row in rows]})
