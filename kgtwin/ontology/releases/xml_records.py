"""Large XML files record by record, behind the guard that every XML file passes: no entities, no absurd depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from xml.parsers import expat

from kgtwin.errors import OntologyError, OntologySyntaxError
from kgtwin.ontology.xml import Element, Guard


def read_records(file: Path, wanted: Iterable[str], take: Callable[[Element], None]) -> None:
    """Hands every element of a wanted name, with what is in it, to ``take``; only one is in memory at a time.

    Raises:
        OntologySyntaxError: with line and column; not well-formed, an entity is declared, or nested too deep.
        OntologyError: the file cannot be read.
    """
    reader = _Records(str(file), frozenset(wanted), take)
    try:
        with file.open("rb") as content:
            reader.parser.ParseFile(content)
    except expat.ExpatError as error:
        raise reader.malformed(error) from None
    except OSError as error:
        raise OntologyError(f"it cannot be read: {error.strerror}", where=str(file)) from None


class _Records(Guard):
    """Builds the trees of wanted elements. A document type is let through, an entity never."""

    def __init__(self, file: str, wanted: frozenset[str], take: Callable[[Element], None]) -> None:
        super().__init__(file, doctype=True)
        self.wanted, self.take = wanted, take
        self.stack: list[Element] = []
        self.parser.buffer_text = True
        self.parser.CharacterDataHandler = self.characters

    def entity(
        self, name: str, parameter: bool, value: str | None, base: str | None, system: str | None, *_args: object
    ) -> None:
        raise self.error(f"the entity {name!r} is refused", "use the file as released, which declares none")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        if self.stack or name in self.wanted:
            element = Element(name, attributes, self.parser.CurrentLineNumber)
            if self.stack:
                self.stack[-1].children.append(element)
            self.stack.append(element)

    def end(self, name: str) -> None:
        super().end(name)
        if self.stack:
            done = self.stack.pop()
            if not self.stack:
                self.take(done)

    def characters(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text += text


def child(element: Element, *path: str) -> str:
    """The text of a child, or of a child's child; empty where there is none."""
    found: Element | None = element
    for name in path:
        found = next((one for one in found.children if one.name == name), None) if found else None
    return found.text.strip() if found else ""


def syntax_error(file: Path, message: str, expected: str) -> OntologySyntaxError:
    """A file that is XML, but not the one that is expected."""
    return OntologySyntaxError(message, where=str(file), expected=expected, remedy="use the file as released")
