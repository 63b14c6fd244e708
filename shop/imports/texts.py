"""Texts of other systems as texts of ours: plain, without control characters, in the languages that the shop has."""

import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BLOCKS = {"address", "article", "aside", "blockquote", "br", "div", "dl", "dt", "dd", "figure", "footer", "h1", "h2",
           "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"}  # fmt: skip
_SILENT = {"script", "style", "template", "title"}
#: Codes that are not those of Django.
_CODES = {"sin": "si", "sr@latin": "sr-latn", "zh-cn": "zh-hans", "zh-tw": "zh-hant", "iw": "he"}


def is_html(text: str) -> bool:
    """Whether there is a tag in it."""
    return bool(_TAG.search(text))


def plain_text(text: str) -> str:
    """Several lines without tags; an entry of a list begins with a bullet, and paragraphs stand apart."""
    if is_html(text):
        reader = _Reader()
        reader.feed(text)
        reader.close()
        text = "".join(reader.pieces)
    lines = [" ".join(line.split()) for line in _CONTROL.sub(" ", text.replace("\r\n", "\n")).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str) -> str:
    """As a name has it."""
    return " ".join(plain_text(text).split())


def language_code(code: str) -> str:
    """`pt_BR` as Django writes it: `pt-br`."""
    plain = code.replace("_", "-").lower()
    return _CODES.get(plain, plain)


def in_languages(texts: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """The texts in known languages, in their order; `hi_IN` counts as `hi` where that is known and not given itself."""
    given = {language_code(code): text for code, text in texts.items() if text.strip()}
    found = {}
    for code in known:
        regional = (text for other, text in given.items() if other.partition("-")[0] == code)
        if text := given.get(code) or next(regional, ""):
            found[code] = text
    return found


class _Reader(HTMLParser):
    """Collects what people would read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        if tag in _BLOCKS:
            self.pieces.append("\n• " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        self.silent = max(0, self.silent - (tag in _SILENT))
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.pieces.append(re.sub(r"\s+", " ", data))
