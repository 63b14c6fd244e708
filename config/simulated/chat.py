"""The simulated chat that the sales team reads."""

import time

from config.simulated.service import Answer, Call, Service

TABLES = "CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, channel TEXT, text TEXT, at REAL);"

service = Service("chat", TABLES)


@service.on("POST", "messages")
def post_message(call: Call) -> Answer:
    """{channel, text} → 201 {message_id}."""
    values = (call.text("channel"), call.text("text"), time.time())
    number = call.db.execute("INSERT INTO message (channel, text, at) VALUES (?, ?, ?)", values).lastrowid
    return Answer(201, {"message_id": f"ms_{number}"})


@service.on("GET", "messages")
def list_messages(call: Call) -> Answer:
    """The newest first."""
    rows = call.db.execute("SELECT * FROM message ORDER BY id DESC LIMIT 500")
    shown = [{"message_id": f"ms_{row['id']}", "channel": row["channel"], "text": row["text"]} for row in rows]
    return Answer(200, {"messages": shown})
