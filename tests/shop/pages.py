"""Pages as a browser reads them."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        name = found.get("name", "")
        if tag == "input" and found.get("type") not in {"submit", "file", "search"}:
            if found.get("type") not in {"checkbox", "radio"} or "checked" in found:
                self.values[name] = found.get("value", "on" if found.get("type") == "checkbox" else "")
        elif tag in {"select", "textarea"}:
            self._open = name
            self.values.setdefault(name, "")
        elif tag == "option" and "selected" in found and self._open:
            self.values[self._open] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"select", "textarea"}:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open and data.strip() and self.lasttag == "textarea":
            self.values[self._open] = data.strip()


def form_values(html: str) -> dict[str, str]:
    """What a browser sends back when nothing on the page is touched."""
    reader = _Form()
    reader.feed(html)
    return {name: value for name, value in reader.values.items() if name and "__prefix__" not in name}
