"""The pictures that come with a file: in directories or tar archives, under the paths that the file names."""

import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from shop.imports.errors import BadPictures


class Pictures:
    """Finds files by path. Nothing is unpacked, so no name in an archive can lead anywhere."""

    def __init__(self, places: Sequence[Path] = ()) -> None:
        """Raises BadPictures."""
        self._found: dict[str, tuple[Path, tarfile.TarInfo | None]] = {}
        self._archives: dict[Path, tarfile.TarFile] = {}
        for place in places:
            self._add_directory(place) if place.is_dir() else self._add_archive(place)

    def __contains__(self, path: str) -> bool:
        return _plain(path) in self._found

    def __len__(self) -> int:
        return len(self._found)

    def read(self, path: str) -> bytes:
        """The bytes. Raises KeyError for a path that is not there."""
        place, member = self._found[_plain(path)]
        if member is None:
            return place.read_bytes()
        file = self._archives[place].extractfile(member)
        return file.read() if file else b""

    def close(self) -> None:
        """Close the archives."""
        for archive in self._archives.values():
            archive.close()

    def _add_directory(self, place: Path) -> None:
        for file in sorted(place.rglob("*")):
            if file.is_file() and file.resolve().is_relative_to(place.resolve()):
                self._found.setdefault(file.relative_to(place).as_posix(), (file, None))

    def _add_archive(self, place: Path) -> None:
        try:
            archive = tarfile.open(place)  # noqa: SIM115, closed by close()
            members = archive.getmembers()
        except (OSError, tarfile.TarError, EOFError) as error:
            raise BadPictures(path=place) from error
        self._archives[place] = archive
        for member in members:
            if member.isfile():
                self._found.setdefault(_plain(member.name), (place, member))


def _plain(path: str) -> str:
    return PurePosixPath(path).as_posix().removeprefix("./")
