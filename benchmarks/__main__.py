"""All benchmarks, one after the other, each on servers of its own, and one table of what they promise."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.verdict import Verdict, show_verdicts

NAMES = (
    "checkout",
    "products",
    "checkout_latency",
    "relay",
    "latency",
    "subscriber",
    "full_log",
    "emit",
    "folding",
    "rescue",
    "prune",
    "projections",
    "sagas",
)


def main() -> None:
    """Run them all; exits with 1 when a promise is broken or a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a first impression")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        verdicts, failed = [], []
        for name in NAMES:
            path = Path(directory) / name
            command = [sys.executable, "-m", f"benchmarks.{name}", "--verdicts", str(path)]
            subprocess.run(command + ["--quick"] * options.quick, check=False)
            if path.exists():
                verdicts += json.loads(path.read_text())
            else:
                failed.append(name)
    _conclude(verdicts, failed)


def _conclude(verdicts: list[dict], failed: list[str]) -> None:
    promises = [Verdict(**verdict) for verdict in verdicts]
    show_verdicts(promises, "All promises")
    if failed:
        sys.exit(f"Failed to run: {', '.join(failed)}")
    sys.exit(not all(promise.kept for promise in promises))


if __name__ == "__main__":
    main()
