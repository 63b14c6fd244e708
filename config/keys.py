"""The passwords and keys of one `.data` directory: made once, kept in a file that only its owner can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


def _new() -> str:
    return secrets.token_urlsafe(48)


@dataclass(frozen=True)
class Keys:
    """What the installation must know and nobody else may."""

    secret_key: str = field(default_factory=_new)
    postgres_password: str = field(default_factory=_new)
    redis_password: str = field(default_factory=_new)
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @classmethod
    def of(cls, data_dir: Path) -> "Keys":
        """Those kept in the directory; what is missing is made and kept."""
        path = data_dir / "keys.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        keys = cls(**{f.name: kept[f.name] for f in fields(cls) if f.name in kept})
        if asdict(keys) != kept:
            write_private(path, json.dumps(asdict(keys), indent=2) + "\n")
        return keys


def write_private(path: Path, text: str) -> None:
    """Write a whole file, or nothing, that only its owner can read."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
