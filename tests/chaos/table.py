"""The table of a run, as Markdown, for docs/chaos.md and the terminal alike."""

from tests.chaos.books import Outcome

HEAD = (
    "| fault | events | lost | doubled | out of order | recovered after "
    "| plain Celery: lost | doubled | out of order | recovered after |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def show(ours: dict[str, Outcome], theirs: dict[str, Outcome]) -> None:
    """Print it, and below it what else was wrong."""
    print(HEAD)
    for title, outcome in ours.items():
        rival = theirs.get(title)
        cells = [title, str(outcome.events), *_figures(outcome), *(_figures(rival) if rival else ["–"] * 4)]
        print("|", " | ".join(cells), "|")
    for outcome in ours.values():
        for problem in outcome.problems:
            print(f"{outcome.fault}: {problem}")


def describe(outcome: Outcome) -> str:
    """One line."""
    lost, doubled, disordered, recovered = _figures(outcome)
    more = f"; {'; '.join(outcome.problems)}" if outcome.problems else ""
    return f"{lost} lost, {doubled} doubled, {disordered} out of order, recovered: {recovered}{more}"


def _figures(outcome: Outcome) -> list[str]:
    seconds = outcome.recovery_seconds
    recovered = "never" if seconds is None else f"{seconds:.1f} s"
    return [str(outcome.lost), str(outcome.doubled), str(outcome.disordered), recovered]
