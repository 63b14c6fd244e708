"""The words of the demo catalogue in English and Arabic, written once for all products."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def words(name: str) -> dict[str, Any]:
    """What is in the file of that name."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
