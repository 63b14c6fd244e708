"""`events schema`: what events look like, written into files, and compared with them."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.voice import Voice
from events.schemas import Break, SchemaFiles

DIRECTORY = Path("docs/events")


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("schema", help="write a JSON Schema of every event, and one AsyncAPI document of all")
    parser.set_defaults(run=run)
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; end with 1 when files are out of date, and with 2 when a change needs a new version",
    )
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the files are; default: %(default)s")
    arguments.add_json(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """Refuse what breaks; then write, or say what would be written."""
    files = SchemaFiles(options.directory)
    if broken := files.breaks():
        return _broken(broken, voice)
    changed = files.changed() if options.check else files.write()
    voice.document({"breaks": [], "changed": changed, "written": not options.check})
    if not changed:
        voice.say(f"{options.directory} says what the code says.")
        return Ending.FINE
    voice.say(*(f"{options.directory / name}" for name in changed))
    if options.check:
        voice.note(f"{_counted(changed)} out of date. Write {_them(changed)} with `manage.py events schema`.")
        return Ending.WARNING
    voice.note(f"{_counted(changed)} written. Commit {_them(changed)}.")
    return Ending.FINE


def _broken(broken: list[Break], voice: Voice) -> Ending:
    voice.document({"breaks": [vars(one) for one in broken], "changed": [], "written": False})
    todo = ""
    for one in broken:
        if todo and one.todo != todo:
            voice.say(f"         → {todo}")
        voice.styled("BROKEN   ", "bold red", str(one))
        todo = one.todo
    voice.say(f"         → {todo}")
    voice.note("The log may have such events, and this code could not read them. Nothing was written.")
    return Ending.BROKEN


def _counted(changed: list[str]) -> str:
    return "1 file is" if len(changed) == 1 else f"{len(changed)} files are"


def _them(changed: list[str]) -> str:
    return "it" if len(changed) == 1 else "them"
