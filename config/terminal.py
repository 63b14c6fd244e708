"""What the user of `make run` sees: the lines of every process behind its name, and the table of addresses."""

import sys

from config.keys import Keys
from config.options import Options, without_color

WIDTH = len("simulated")
COLORS = {
    "web": 36,
    "relay": 35,
    "worker": 32,
    "beat": 33,
    "flower": 34,
    "postgres": 90,
    "redis": 90,
    "prepare": 90,
    "simulated": 90,
}


def show(name: str, line: str) -> None:
    """One line of the process `name`."""
    label = f"{name:<{WIDTH}} |"
    if sys.stdout.isatty() and not without_color():
        label = f"\x1b[{COLORS.get(name, 37)}m{label}\x1b[0m"
    print(label, line, flush=True)


def say(line: str) -> None:
    """One line of the supervisor itself."""
    show("backroom", line)


def table(options: Options, keys: Keys) -> str:
    """Where everything is, and how to log in."""
    site = f"http://{options.web_host}:{options.web_port}"
    whose = "Flower, and admin unless your database had that account" if options.database_url else "admin and Flower"
    rows = {
        "Shop": f"{site}/",
        "Admin": f"{site}/admin/",
        "API": f"{site}/api/docs/",
        "Docs": f"{site}/docs/",
        "Flower": f"http://127.0.0.1:{options.flower_port}/",
        "Outside": f"{options.outside_url}/  (simulated: payments, warehouse, CRM, affiliates, chat)",
        "Log-in": f"admin  {keys.admin_password}  ({whose}; kept in {options.data_dir.name}/keys.json)",
        "PostgreSQL": "yours (DATABASE_URL)" if options.database_url else f"127.0.0.1:{options.postgres_port}",
        "Redis": "yours (REDIS_URL)" if options.redis_url else f"127.0.0.1:{options.redis_port}",
        "Mail": "yours (EMAIL_URL)" if options.email_url else f"files in {options.data_dir.name}/mail/",
    }
    lines = [f"  {name:<10}  {value}" for name, value in rows.items()]
    return "\n".join(["", "  Backroom is running.", "", *lines, "", "  Ctrl-C stops everything.", ""])
