"""What `make run` can be told, from the environment or `.env`. What the applications can be told is in settings.py."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


class WrongOption(ValueError):
    """A variable of the environment cannot be what it is."""


@dataclass(frozen=True)
class Options:
    """Each field is the environment variable of its name in capitals; a URL that is set means a server of yours."""

    data_dir: Path = BASE_DIR / ".data"
    database_url: str = ""
    redis_url: str = ""
    simulated_url: str = ""
    relay_wake_url: str = ""
    email_url: str = ""
    secret_key: str = ""
    allowed_hosts: str = ""
    site_address: str = ""
    throttle_checkout: str = "0"  # `manage.py simulate` buys as a crowd of guests behind one address
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    web_workers: int = 2
    web_threads: int = 4
    flower_port: int = 5555
    postgres_port: int = 55432
    redis_port: int = 56379
    simulated_port: int = 5610
    relay_wake_port: int = 5601
    worker_events: bool = True
    worker_drain_seconds: int = 20
    worker_status_directory: str = ""
    demo_catalogue: bool = True

    @classmethod
    def read(cls) -> "Options":
        """From the environment, then from the file that ENV_FILE names, or `.env`.

        Raises WrongOption for a value that is not a number where one is needed, or no possible port.
        """
        file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
        if file.is_file():
            environ.Env.read_env(file)
        env = environ.Env()
        texts = ("database_url", "redis_url", "simulated_url", "relay_wake_url", "email_url", "secret_key", "web_host")
        numbers = ("web_port", "web_workers", "web_threads", "flower_port", "postgres_port", "redis_port")
        others = ("simulated_port", "relay_wake_port", "worker_drain_seconds")
        more_texts = ("allowed_hosts", "site_address", "throttle_checkout", "worker_status_directory")
        switches = ("worker_events", "demo_catalogue")
        values: dict[str, Any] = {name: number(name.upper(), getattr(cls, name)) for name in (*numbers, *others)}
        return cls(
            data_dir=Path(env.str("DATA_DIR", default=str(cls.data_dir))).resolve(),
            **{name: env.str(name.upper(), default=getattr(cls, name)) for name in (*texts, *more_texts)},
            **values,
            **{name: env.bool(name.upper(), default=getattr(cls, name)) for name in switches},
        )

    @property
    def outside_url(self) -> str:
        """Where the simulated services are."""
        return self.simulated_url or f"http://127.0.0.1:{self.simulated_port}"

    @property
    def wake_url(self) -> str:
        """Where the web processes wake the relay."""
        return self.relay_wake_url or f"udp://127.0.0.1:{self.relay_wake_port}"

    @property
    def status_directory(self) -> Path:
        """Where workers write how they are."""
        return Path(self.worker_status_directory or self.data_dir / "workers")


@dataclass(frozen=True)
class SimulatedSecrets:
    """What the simulated services share with the shop. Each field is the environment variable of its name."""

    payment_webhook_secret: str = ""
    warehouse_secret: str = ""
    carrier_secret: str = ""
    affiliate_secret: str = ""

    @classmethod
    def read(cls) -> "SimulatedSecrets":
        """From the environment."""
        return cls(**{field.name: os.environ.get(field.name.upper(), "") for field in fields(cls)})

    def by_service(self) -> dict[str, str]:
        """As the services know them."""
        return {
            "payments": self.payment_webhook_secret,
            "warehouse": self.warehouse_secret,
            "carrier": self.carrier_secret,
            "affiliate": self.affiliate_secret,
        }


def number(name: str, default: int) -> int:
    """A whole number from the environment.

    Raises WrongOption.
    """
    text = os.environ.get(name) or str(default)
    highest = 65535 if name.endswith("_PORT") else 1000
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise WrongOption(f"{name} is {text!r}, but must be a whole number from 1 to {highest}.")
    return int(text)


def without_color() -> bool:
    """Whether the user asked for plain output (no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))
