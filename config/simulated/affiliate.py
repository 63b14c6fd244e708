"""The simulated affiliate network: counts conversions that are signed with the shared secret."""

import hmac
import json
import time

from config.simulated.callbacks import hmac_of
from config.simulated.service import Answer, Call, Refused, Service

TABLES = "CREATE TABLE IF NOT EXISTS conversion (id INTEGER PRIMARY KEY, fields TEXT, at REAL);"

service = Service("affiliate", TABLES)


@service.on("POST", "conversions")
def report_conversion(call: Call) -> Answer:
    """Any JSON object with `X-Signature: sha256=<HMAC of the body>` → 202; 401 for another signature."""
    expected = f"sha256={hmac_of(call.secrets['affiliate'], call.request.raw.decode())}"
    if not hmac.compare_digest(expected.encode(), call.request.header("X-Signature").encode()):
        raise Refused(401, "wrong_signature")
    values = (json.dumps(call.body), time.time())
    number = call.db.execute("INSERT INTO conversion (fields, at) VALUES (?, ?)", values).lastrowid
    return Answer(202, {"conversion_id": f"cv_{number}"})


@service.on("GET", "conversions")
def list_conversions(call: Call) -> Answer:
    """The newest first."""
    rows = call.db.execute("SELECT id, fields FROM conversion ORDER BY id DESC LIMIT 500")
    shown = [{"conversion_id": f"cv_{row['id']}", **json.loads(row["fields"])} for row in rows]
    return Answer(200, {"conversions": shown})
