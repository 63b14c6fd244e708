"""The files of a document: which it names by path, and the uploads that stand for them."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]


def paths_in(document: Document) -> list[str]:
    """Every file that a document names, once."""
    return list(dict.fromkeys(image["upload"] for image in _images(document)))


def with_uploads(document: Document, ids: Mapping[str, str]) -> Document:
    """The same document with the ids of uploads in place of paths."""
    options = [
        {**option, "values": [_value(value, ids) for value in option["values"]]} for option in document["options"]
    ]
    return {**document, "images": [_image(image, ids) for image in document["images"]], "options": options}


def without_files(document: Document) -> Document:
    """The same document without its images, for checking what else it says."""
    options = [
        {
            **option,
            "values": [{key: field for key, field in value.items() if key != "image"} for value in option["values"]],
        }
        for option in document["options"]
    ]
    return {**document, "images": [], "options": options}


def _images(document: Document) -> Iterator[Document]:
    yield from document["images"]
    for option in document["options"]:
        yield from (value["image"] for value in option["values"] if "image" in value)


def _image(image: Document, ids: Mapping[str, str]) -> Document:
    return {**image, "upload": ids[image["upload"]]}


def _value(value: Document, ids: Mapping[str, str]) -> Document:
    return {**value, "image": _image(value["image"], ids)} if "image" in value else value
