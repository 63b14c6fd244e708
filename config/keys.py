"""The passwords and keys of one `.data` directory: made once, kept in a file that only its owner can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


def _new() -> str:
    return secrets.token_urlsafe(48)


class KeysDamaged(Exception):
    """The file of keys is there but holds none."""


@dataclass(frozen=True)
class Keys:
    """What the installation must know and nobody else may."""

    secret_key: str = field(default_factory=_new)
    postgres_password: str = field(default_factory=_new)
    redis_password: str = field(default_factory=_new)
    payment_webhook_secret: str = field(default_factory=_new)
    warehouse_secret: str = field(default_factory=_new)
    carrier_secret: str = field(default_factory=_new)
    affiliate_secret: str = field(default_factory=_new)
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @classmethod
    def of(cls, data_dir: Path) -> "Keys":
        """Those kept in the directory; what is missing is made and kept."""
        path = data_dir / "keys.json"
        kept = _read(path) if path.exists() else {}
        keys = cls(**{f.name: kept[f.name] for f in fields(cls) if f.name in kept})
        if asdict(keys) != kept:
            write_private(path, json.dumps(asdict(keys), indent=2) + "\n")
        return keys


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except ValueError as error:
        raise KeysDamaged(
            f"{path} cannot be read ({error}). Put back a copy; without one, move the whole directory away and start "
            "anew: the passwords of the servers in it are lost."
        ) from error


def write_private(path: Path, text: str) -> None:
    """Write a whole file, or nothing, that only its owner can read."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
