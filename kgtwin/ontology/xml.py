"""A guard in front of every XML parser (well-formed, no entity tricks, no absurd depth) and a small tree with lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology.nodes import MAX_DEPTH

_MAX_XML_DEPTH = 10 * MAX_DEPTH


@dataclass
class Element:
    """``name`` is ``namespace local`` with one space between, as expat gives it."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""


def parse_xml(data: bytes, file: str, *, doctype: bool) -> Element:
    """The root element of a document.

    ``doctype``: whether a DTD with plain entities is let through, as ontology editors write it for namespaces;
    entities that refer to others or to files never are.

    Raises:
        OntologySyntaxError: with the line; not well-formed, refused entities, or nested too deep.
    """
    return _Builder(file, doctype).parse(data)


def check_xml(data: bytes, file: str) -> None:
    """The same checks without a tree, for documents in which a DTD with plain entities is let through.

    Raises:
        OntologySyntaxError: with the line; not well-formed, refused entities, or nested too deep.
    """
    Guard(file, doctype=True).run(data)


class Guard:
    """A parser that counts how deep elements nest and refuses what a document has no need of."""

    def __init__(self, file: str, doctype: bool) -> None:
        self.file, self.doctype, self.depth = file, doctype, 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.begin_doctype
        self.parser.EntityDeclHandler = self.entity

    def run(self, data: bytes) -> None:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise self.malformed(error) from None

    def malformed(self, error: expat.ExpatError) -> OntologySyntaxError:
        """What expat says, with its place."""
        where = f"{self.file}:{error.lineno}:{error.offset + 1}"
        reason = expat.errors.messages.get(error.code, "cannot be read")
        return OntologySyntaxError(f"not well-formed XML: {reason}", where=where, expected="XML")

    def error(self, message: str, remedy: str) -> OntologySyntaxError:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        return OntologySyntaxError(message, where=f"{self.file}:{line}:{column}", remedy=remedy)

    def begin_doctype(self, *_args: object) -> None:
        if not self.doctype:
            raise self.error("a document type declaration is refused here", "remove the <!DOCTYPE ...>")

    def entity(
        self, name: str, parameter: bool, value: str | None, base: str | None, system: str | None, *_args: object
    ) -> None:
        if parameter or system or value is None or "&" in value or "%" in value:
            raise self.error(f"the entity '{name}' is refused", "write what it stands for in full")

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _MAX_XML_DEPTH + 1:
            raise self.error(
                f"elements nest deeper than {_MAX_XML_DEPTH}", "name an inner expression with a class of its own"
            )

    def end(self, _name: str) -> None:
        self.depth -= 1


class _Builder(Guard):
    """Makes a tree on the way."""

    def __init__(self, file: str, doctype: bool) -> None:
        super().__init__(file, doctype)
        self.stack: list[Element] = []
        self.root: Element | None = None
        self.parser.buffer_text = True
        self.parser.CharacterDataHandler = self.characters

    def parse(self, data: bytes) -> Element:
        self.run(data)
        assert self.root is not None
        return self.root

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        element = Element(name, attributes, self.parser.CurrentLineNumber)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def end(self, name: str) -> None:
        super().end(name)
        self.stack.pop()

    def characters(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text += text
