"""Break everything, one thing at a time and then several at once, beside plain Celery; print what happened."""

import argparse
import random
import sys
from collections.abc import Sequence
from tempfile import NamedTemporaryFile

from tests.chaos import trial
from tests.chaos.books import Outcome
from tests.chaos.faults import Fault, load
from tests.chaos.storm import storm
from tests.chaos.table import describe, show
from tests.chaos.world import World


def main() -> None:
    """Exits with 1 when a promise was broken."""
    options = _options()
    known = load()
    faults = [one for name, one in known.items() if name in (options.only or known)]
    rounds = options.rounds if options.rounds is not None else 0 if options.only else 3
    faults += [storm(options.seed + turn, list(known.values()), quick=options.quick) for turn in range(rounds)]
    _say(f"the seed of the storms is {options.seed}\n")
    ours = run_all("backroom", faults, options.quick)
    theirs = {} if options.no_rival else run_all("plain", [one for one in faults if one.befalls_rival], options.quick)
    show(ours, theirs)
    sys.exit(not all(outcome.is_right for outcome in ours.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small loads and short faults")
    parser.add_argument("--rounds", type=int, help="how many storms; 3, or none with --only")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the storms")
    parser.add_argument("--only", nargs="+", choices=sorted(load()), metavar="NAME", help="these faults alone")
    parser.add_argument("--no-rival", action="store_true", help="leave plain Celery in peace")
    return parser.parse_args()


def run_all(kind: str, faults: Sequence[Fault], quick: bool) -> dict[str, Outcome]:
    """Every fault, in one world for as long as it comes out of them whole."""
    world, outcomes = World(kind, quick=quick), {}
    try:
        for fault in faults:
            _say(f"{kind}: {fault.title} … ")
            outcomes[fault.title] = outcome = trial.run(world, fault)
            _say(f"{describe(outcome)}\n")
            if outcome.lost or outcome.problems:
                if world.is_backroom:
                    _say(f"What they said last: {_keep(world.last_words())}\n")
                world.close()
                world = World(kind, quick=quick)
    finally:
        world.close()
    return outcomes


def _keep(words: str) -> str:
    with NamedTemporaryFile("w", prefix="chaos-", suffix=".log", delete=False) as log:
        log.write(words)
    return log.name


def _say(words: str) -> None:
    print(words, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
