"""The values of OBO's clauses: identifiers, texts, quoted texts, and the qualifiers and comments that trail them.

Grammar: https://owlcollab.github.io/oboformat/doc/obo-syntax.html (sections 3 and 4).
"""

from __future__ import annotations

import re
from typing import NamedTuple

Qualifiers = tuple[tuple[str, str], ...]

_SPECIAL = re.compile(r"[!{\\]")
_PLAIN = re.compile(r"(?:[^!{\\]|\\.)*", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^\s!{\\"]|\\.)(?:[^\s!{\\]|\\.)*)', re.DOTALL)
_ID = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL)
_TAIL = re.compile(r'\s*(?:\{((?:[^"}\\]|\\.|"(?:[^"\\]|\\.)*")*)\})?\s*(?:!.*)?', re.DOTALL)
_QUALIFIER = re.compile(r'\s*([^=,{}\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,}"]*))\s*(?:,|$)', re.DOTALL)
_XREF = re.compile(r'(?:[^"!{\\]|\\.)*', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "W": " ", "t": "\t"}


class Malformed(ValueError):  # noqa: N818 - says what a clause is, as errors of kgtwin do
    """A clause that cannot be read: what is wrong, what was expected and what to do."""

    def __init__(self, message: str, expected: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message, self.expected, self.remedy = message, expected, remedy


class Identifiers(NamedTuple):
    ids: list[str]
    qualifiers: Qualifiers = ()


class Text(NamedTuple):
    text: str
    rest: str = ""


class Part(NamedTuple):
    text: str
    quoted: bool


def identifiers(value: str, low: int, high: int) -> Identifiers:
    """The identifiers of a clause, from ``low`` to ``high`` of them.

    >>> identifiers('GO:0000001 {source="PMID:1"} ! a comment', 1, 1)
    Identifiers(ids=['GO:0000001'], qualifiers=(('source', 'PMID:1'),))

    Raises:
        Malformed: too few, too many, or a qualifier block that is none.
    """
    head = value.partition(" !")[0]
    qualifiers: Qualifiers = ()
    if _SPECIAL.search(head):
        match = _PLAIN.match(value)
        assert match is not None
        qualifiers = _tail(value, match.end())
        found = [unescaped(one) for one in _ID.findall(match[0])]
    else:
        found = head.split()
    if not low <= len(found) <= high:
        wanted = f"{low}" if low == high else f"{low} or {high}"
        raise Malformed(f"found {len(found)} identifiers", f"{wanted}", "mask spaces in an identifier with \\W")
    return Identifiers(found, qualifiers)


def plain(value: str) -> str:
    """An unquoted text: up to a comment or qualifiers.

    >>> plain("five\\\\! and {a set\\\\}")
    Traceback (most recent call last):
        ...
    kgtwin.ontology.obo_values.Malformed: the qualifiers in {…} never end
    >>> plain("five\\\\! ! a comment")
    'five!'
    """
    if not _SPECIAL.search(value):
        return value.strip()
    match = _PLAIN.match(value)
    assert match is not None
    _tail(value, match.end())
    return unescaped(match[0].strip())


def quoted(value: str) -> Text:
    """A quoted text, and what stands behind it."""
    if "\\" not in value and value.startswith('"') and (end := value.find('"', 1)) > 0:
        return Text(value[1:end], value[end + 1 :].strip())
    match = _QUOTED.match(value)
    if match is None:
        raise Malformed(f"no quoted text: {value[:40]}", 'a text in "quotes"', 'mask a quote inside as \\"')
    return Text(unescaped(match[1]), value[match.end() :].strip())


def parts(value: str) -> tuple[list[Part], Qualifiers]:
    """A row of identifiers and quoted texts, and the qualifiers behind them."""
    found: list[Part] = []
    at = 0
    while match := _PART.match(value, at):
        found.append(Part(unescaped(match[1] or match[2] or ""), match[2] is None))
        at = match.end()
        while at < len(value) and value[at].isspace():
            at += 1
    return found, _tail(value, at)


def xref(value: str) -> str:
    """A cross-reference without its description."""
    match = _XREF.match(value)
    assert match is not None
    return unescaped(match[0].strip())


def boolean(value: str) -> bool:
    """``true`` or ``false``."""
    text = plain(value)
    if text not in ("true", "false"):
        raise Malformed(f"{text[:40]!r} is neither true nor false", "true or false")
    return text == "true"


def unescaped(text: str) -> str:
    """A text with its escapes replaced: ``\\n`` is a line break, ``\\W`` a space, any other stands for itself."""
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text) if "\\" in text else text


def _tail(value: str, at: int) -> Qualifiers:
    """The qualifiers in what trails a value: ``{name="value", …} ! comment``."""
    if at >= len(value) or value[at] == "!":
        return ()
    match = _TAIL.fullmatch(value, at)
    if match is None:
        remedy = "mask a bracket that belongs to the text as \\{"
        raise Malformed("the qualifiers in {…} never end", '{name="value", …}', remedy)
    return _qualifiers(match[1] or "")


def _qualifiers(text: str) -> Qualifiers:
    found: list[tuple[str, str]] = []
    at, text = 0, text.strip()
    while at < len(text):
        match = _QUALIFIER.match(text, at)
        if match is None:
            remedy = "mask a bracket that belongs to the text as \\{"
            raise Malformed(f"no qualifier: {text[at : at + 40]}", 'name="value"', remedy)
        found.append((match[1], unescaped(match[2] if match[2] is not None else match[3])))
        at = match.end()
    return tuple(found)
