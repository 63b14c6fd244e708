"""What `make run` can be told, from the environment or `.env`. What the applications can be told is in settings.py."""

import os
from dataclasses import dataclass
from pathlib import Path

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
    relay_wake_url: str = ""
    email_url: str = ""
    secret_key: str = ""
    allowed_hosts: str = ""
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    web_workers: int = 2
    web_threads: int = 4
    flower_port: int = 5555
    postgres_port: int = 55432
    redis_port: int = 56379
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
        texts = ("database_url", "redis_url", "relay_wake_url", "email_url", "secret_key", "allowed_hosts", "web_host")
        numbers = ("web_port", "web_workers", "web_threads", "flower_port", "postgres_port", "redis_port")
        others = ("relay_wake_port", "worker_drain_seconds")
        switches = ("worker_events", "demo_catalogue")
        return cls(
            data_dir=Path(env.str("DATA_DIR", default=str(cls.data_dir))).resolve(),
            **{name: env.str(name.upper(), default=getattr(cls, name)) for name in (*texts, "worker_status_directory")},
            **{name: number(name.upper(), getattr(cls, name)) for name in (*numbers, *others)},
            **{name: env.bool(name.upper(), default=getattr(cls, name)) for name in switches},
        )

    @property
    def wake_url(self) -> str:
        """Where the web processes wake the relay."""
        return self.relay_wake_url or f"udp://127.0.0.1:{self.relay_wake_port}"

    @property
    def status_directory(self) -> Path:
        """Where workers write how they are."""
        return Path(self.worker_status_directory or self.data_dir / "workers")


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
