"""The processes of `make run`: how each is started, and the environment they share."""

import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from config.child import Command
from config.embedded import Postgres, Redis
from config.keys import Keys
from config.options import BASE_DIR, Options, SimulatedSecrets
from events.worker_status import complaint_about

#: What a worker needs to end, on top of the time that it gives its tasks.
WORKER_END_SECONDS = 10


def servers(options: Options, keys: Keys) -> list[Postgres | Redis]:
    """The embedded servers: one for each URL that is not set."""
    found: list[Postgres | Redis] = []
    if not options.database_url:
        found.append(Postgres(options.data_dir / "postgres", options.postgres_port, keys.postgres_password))
    if not options.redis_url:
        found.append(Redis(options.data_dir / "redis", options.redis_port, keys.redis_password))
    return found


def environment(options: Options, keys: Keys) -> dict[str, str]:
    """The settings of an installation on one's own machine; run.env hands them to `manage.py` in a second terminal."""
    urls = {type(server): server.url for server in servers(options, keys)}
    own = SimulatedSecrets.read()
    return {
        "DATA_DIR": str(options.data_dir),
        "SECRET_KEY": options.secret_key or keys.secret_key,
        "DATABASE_URL": options.database_url or urls[Postgres],
        "REDIS_URL": options.redis_url or urls[Redis],
        "SIMULATED_URL": options.outside_url,
        "PAYMENT_WEBHOOK_SECRET": own.payment_webhook_secret or keys.payment_webhook_secret,
        "WAREHOUSE_SECRET": own.warehouse_secret or keys.warehouse_secret,
        "CARRIER_SECRET": own.carrier_secret or keys.carrier_secret,
        "AFFILIATE_SECRET": own.affiliate_secret or keys.affiliate_secret,
        "RELAY_WAKE_URL": options.wake_url,
        "EMAIL_URL": options.email_url or f"filemail:///{options.data_dir}/mail",
        "FLOWER_URL": f"http://127.0.0.1:{options.flower_port}/",
        "WORKER_EVENTS": str(options.worker_events).lower(),
        "WORKER_DRAIN_SECONDS": str(options.worker_drain_seconds),
        "WORKER_STATUS_DIRECTORY": str(options.status_directory),
        "SITE_ADDRESS": options.site_address or own_url(options),
        "THROTTLE_CHECKOUT": options.throttle_checkout,
        "ALLOWED_HOSTS": ",".join(filter(None, [options.allowed_hosts, "localhost", "127.0.0.1", options.web_host])),
        "HTTPS": "false",
    }


def prepare(keys: Keys) -> Command:
    """Brings database and files up to date, once, before the rest starts."""
    return Command("prepare", python("-m", "config.prepare"), {"ADMIN_PASSWORD": keys.admin_password}, BASE_DIR)


def platform(options: Options, keys: Keys) -> list[Command]:
    """What runs all the time, in the order of starting; it is stopped in the opposite order."""
    outside = [] if options.simulated_url else [simulated(options.simulated_port, options.data_dir, own_url(options))]
    return [*outside, worker(options), relay(), flower(options, keys), beat(options.data_dir), web(options)]


def simulated(port: int, data_dir: Path, shop_url: str) -> Command:
    """Payment provider, warehouse, carrier, CRM, affiliate network and chat, all simulated; what they know is kept."""
    where = (f"--port={port}", f"--data={data_dir}", f"--shop-url={shop_url}")
    return Command(
        name="simulated",
        argv=python("-m", "config.simulated", *where),
        directory=BASE_DIR,
        is_ready=lambda: answers(f"http://127.0.0.1:{port}/health"),
    )


def own_url(options: Options) -> str:
    """Where processes of this machine reach the shop."""
    host = "127.0.0.1" if options.web_host == "0.0.0.0" else options.web_host
    return f"http://{host}:{options.web_port}"


def web(options: Options) -> Command:
    """The shop, the API and the admin."""
    threads = ("--worker-class=gthread", f"--workers={options.web_workers}", f"--threads={options.web_threads}")
    address = f"{options.web_host}:{options.web_port}"
    argv = python("-m", "gunicorn", "config.wsgi", f"--bind={address}", *threads, "--no-control-socket")
    return Command(
        name="web",
        argv=(*argv, "--graceful-timeout=8", "--log-level=warning"),
        directory=BASE_DIR,
        is_ready=lambda: answers(f"{own_url(options)}/health/"),
    )


def relay() -> Command:
    """Publishes the outbox."""
    return Command("relay", python("manage.py", "relay"), directory=BASE_DIR)


def worker(options: Options) -> Command:
    """Runs the subscribers; told to stop, it first finishes what it has begun. One that takes nothing is ill."""
    return Command(
        name="worker",
        argv=celery("worker", "--without-gossip", "--without-mingle", "--hostname=worker@%h"),
        directory=BASE_DIR,
        stop_seconds=options.worker_drain_seconds + WORKER_END_SECONDS,
        complaint=lambda pid: complaint_about(options.status_directory, pid, time.monotonic()),
    )


def beat(data_dir: Path) -> Command:
    """Starts what runs by the clock."""
    return Command("beat", celery("beat", f"--schedule={data_dir / 'beat'}", "--pidfile="), directory=BASE_DIR)


def flower(options: Options, keys: Keys) -> Command:
    """Celery's own monitor, behind the log-in of the admin."""
    env = {
        "FLOWER_BASIC_AUTH": f"admin:{keys.admin_password}",  # an argument would be shown to everybody by `ps`
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(options.flower_port),
        "FLOWER_ENABLE_EVENTS": str(options.worker_events).lower(),
    }
    return Command("flower", celery("flower", "--logging=warning"), env, BASE_DIR, stop_seconds=5)


def python(*words: str) -> tuple[str, ...]:
    """The command line of this very Python."""
    return (sys.executable, *words)


def celery(*words: str) -> tuple[str, ...]:
    """The command line of Celery with our application."""
    return python("-m", "celery", "--app=config", "--quiet", *words)


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False
