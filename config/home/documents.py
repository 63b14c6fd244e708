"""The documentation: README.md and the pages in docs/ and docs/how-to/, as HTML."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element

from django.conf import settings
from django.urls import reverse
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

README = "readme"
EXTENSIONS = ["tables", "fenced_code", "toc", "sane_lists", "attr_list"]
PICTURE_SUFFIXES = {".png", ".svg", ".jpg", ".jpeg", ".webp", ".gif"}
#: Files beside the README that are pages too, with their names.
BESIDE = {"CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TITLE = re.compile(r"^# +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One page: its title, its HTML, and its table of contents as HTML."""

    title: str
    html: str
    contents: str


@dataclass(frozen=True)
class Page:
    """A page in the list of pages."""

    name: str
    title: str
    url: str


def read(name: str) -> Document | None:
    """The page of that name, or None when there is none."""
    path = _pages().get(name)
    return _rendered(path, path.stat().st_mtime_ns) if path else None


def pages() -> list[Page]:
    """The README, docs/ by title, and what stands beside the README."""
    found = [Page(name, _title(path), page_url(name)) for name, path in _pages().items()]
    return sorted(found, key=lambda page: (page.name != README, page.name in BESIDE.values(), page.title))


def picture(name: str) -> Path | None:
    """A picture below docs/; a name that leads elsewhere is no picture."""
    folder = (settings.BASE_DIR / "docs").resolve()
    if "\0" in name:
        return None
    path = (folder / name).resolve()
    with suppress(OSError):  # such as a name that is too long
        if path.suffix.lower() in PICTURE_SUFFIXES and path.is_relative_to(folder) and path.is_file():
            return path
    return None


def page_url(name: str) -> str:
    """Where a page is served."""
    return reverse("docs") if name == README else reverse("docs-page", args=[name])


def _pages() -> dict[str, Path]:
    """Every page by name. Only what this lists is ever read, so no name leads out of the folder."""
    found = {README: settings.BASE_DIR / "README.md"}
    folder = settings.BASE_DIR / "docs"
    for path in sorted([*folder.glob("*.md"), *folder.glob("how-to/*.md")]):
        name = "-".join(path.relative_to(folder).with_suffix("").parts).lower()
        if _NAME.fullmatch(name) and not path.is_symlink():
            found[name] = path
    found |= {name: settings.BASE_DIR / file for file, name in BESIDE.items()}
    return {name: path for name, path in found.items() if path.is_file()}


def _title(path: Path) -> str:
    match = _TITLE.search(path.read_text(encoding="utf-8"))
    return match[1].replace("`", "") if match else path.stem


@lru_cache(maxsize=64)
def _rendered(path: Path, changed_at: int) -> Document:
    """Rendered once for each state of the file."""
    converter = Markdown(extensions=[*EXTENSIONS, Links(path)], output_format="html")
    html = converter.convert(path.read_text(encoding="utf-8"))
    return Document(title=_title(path), html=html, contents=getattr(converter, "toc", ""))


class Links(Extension):
    """Sends links between Markdown files to the pages they are served as."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.folder = PurePosixPath(path.relative_to(settings.BASE_DIR).parent)

    def extendMarkdown(self, md: Markdown) -> None:
        """Runs late, when every link and picture is in the tree."""
        md.treeprocessors.register(LinkRewriter(md, self.folder), "served_links", 0)


class LinkRewriter(Treeprocessor):
    """Rewrites `docs/page.md#part` and `docs/picture.png`."""

    def __init__(self, md: Markdown, folder: PurePosixPath) -> None:
        super().__init__(md)
        self.folder = folder

    def run(self, root: Element) -> None:
        """Every link and every picture."""
        for element in root.iter():
            for attribute in ("href", "src"):
                if target := element.get(attribute):
                    element.set(attribute, self._served(target))
            if element.tag == "img":
                element.set("loading", "lazy")

    def _served(self, target: str) -> str:
        if re.match(r"[a-z][a-z0-9+.-]*:|//|/|#", target, re.IGNORECASE):
            return target
        location, hash_sign, part = target.partition("#")
        name = _within_project(self.folder / location)
        if page := _page_of(name):
            return page_url(page) + hash_sign + part
        if name.startswith("docs/"):
            return reverse("docs-file", args=[name.removeprefix("docs/")])
        return target


def _page_of(file: str) -> str | None:
    """The name of the page that a file of the project is served as, if it is."""
    return next((name for name, path in _pages().items() if path == settings.BASE_DIR / file), None)


def _within_project(path: PurePosixPath) -> str:
    """The path without `..`, as far as it stays in the project."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
