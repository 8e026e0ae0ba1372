"""Reads OWL 2 functional syntax into :mod:`kgtwin.ontology.nodes`.

Grammar: https://www.w3.org/TR/owl2-syntax/ (section 3.7 for the document, 2.4 for IRIs and literals).
The reader keeps its own stack, so that no depth of nesting can exhaust Python's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kgtwin.ontology.nodes import MAX_DEPTH, Anonymous, Iri, Literal, Node, Number, Source, Term
from kgtwin.ontology.tokens import Token
from kgtwin.ontology.tokens import tokens as scanned
from kgtwin.vocabulary import OWL, RDF, RDFS, XSD

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<iri><[^<>\s"]*>)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<typed>\^\^)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<equals>=)
  | (?P<anonymous>_:[^\s()<>"=^@#]+)
  | (?P<curie>[^\s()<>"=^@#:]*:[^\s()<>"=^@#]*)
  | (?P<number>[0-9]{1,18}(?![^\s()]))
  | (?P<word>[A-Za-z][A-Za-z0-9]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_STANDARD = {"owl": OWL, "rdfs": RDFS, "xsd": XSD, "rdf": RDF}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


_END = "end of file"


def tokens(source: Source) -> Iterator[Token]:
    """The tokens of a text, without space and comments, then one of kind ``end of file``."""
    return scanned(source, _TOKEN, _END, _unreadable)


def _unreadable(source: Source, at: int) -> Exception:
    remedies = {'"': "a string that begins here never ends", "<": "an IRI in angle brackets begins here and never ends"}
    character = source.text[at]
    return source.error(
        at, f"unexpected character {character!r}", expected="OWL functional syntax", remedy=remedies.get(character)
    )


class Reader:
    """Reads the nodes of one document; ``prefixes`` fills as ``Prefix`` lines are met, over those that are given."""

    def __init__(self, source: Source, prefixes: Mapping[str, str] | None = None) -> None:
        self.source = source
        self.prefixes = {**_STANDARD, **(prefixes or {})}
        self._declared: set[str] = set()
        self._tokens = tokens(source)
        self._token = next(self._tokens)

    def document(self) -> Node:
        """The ``Ontology`` node.

        Raises:
            OntologySyntaxError: with file, line and column.
        """
        while self._token.text == "Prefix":
            self._prefix()
        if self._token.text != "Ontology":
            raise self._unexpected("'Prefix(' or 'Ontology('")
        ontology = self._tree()
        if self._token.kind != _END:
            raise self._unexpected("the end of the file after the closing ')' of Ontology", "remove one ')' before it")
        return ontology

    def construct(self) -> Node:
        """A text that is one construct, such as an axiom or a class expression, without prefixes before it.

        Raises:
            OntologySyntaxError: with file, line and column.
        """
        if self._token.kind != "word":
            raise self._unexpected("a construct such as SubClassOf(")
        node = self._tree()
        if self._token.kind != _END:
            raise self._unexpected(f"the end of the text after {node.name}(…)")
        return node

    def _next(self) -> Token:
        token = self._token
        if token.kind != _END:
            self._token = next(self._tokens)
        return token

    def _expect(self, kind: str, what: str) -> Token:
        if self._token.kind != kind:
            raise self._unexpected(what)
        return self._next()

    def _unexpected(self, expected: str, remedy: str | None = None) -> Exception:
        found = self._token.text or _END
        return self.source.error(self._token.at, f"unexpected {found!r}", expected=expected, remedy=remedy)

    def _prefix(self) -> None:
        self._next()
        self._expect("open", "'('")
        name = self._expect("curie", "a prefix name such as 'ex:'")
        self._expect("equals", "'='")
        iri = self._expect("iri", "an IRI in angle brackets").text[1:-1]
        self._expect("close", "')'")
        prefix = name.text[:-1]
        if not name.text.endswith(":") or ":" in prefix:
            raise self.source.error(name.at, f"'{name.text}' is no prefix name", expected="a name that ends in ':'")
        if prefix in self._declared and self.prefixes[prefix] != iri:
            raise self.source.error(
                name.at, f"the prefix '{prefix}:' is declared twice", remedy="remove one of the two declarations"
            )
        self._declared.add(prefix)
        self.prefixes[prefix] = iri

    def _tree(self) -> Node:
        stack: list[tuple[Token, list[Term]]] = [self._begin()]
        while True:
            if self._token.kind == "close":
                self._next()
                word, args = stack.pop()
                node = Node(word.text, tuple(args), word.at)
                if not stack:
                    return node
                stack[-1][1].append(node)
            elif self._token.kind == "word" or (self._token.kind == "open" and stack[-1][0].text == "HasKey"):
                if len(stack) > MAX_DEPTH:
                    raise _too_deep(self.source, self._token.at)
                stack.append(self._begin())
            else:
                stack[-1][1].append(self._leaf(stack[-1][0]))

    def _begin(self) -> tuple[Token, list[Term]]:
        """A construct's word and its bracket; the property lists of ``HasKey`` have the bracket alone."""
        word = self._next()
        if word.kind == "open":
            return word._replace(text=""), []
        if self._token.kind != "open":
            remedy = "write entities as <IRI> or prefix:name"
            raise self.source.error(
                word.at, f"unexpected '{word.text}'", expected=f"'(' after {word.text}", remedy=remedy
            )
        self._next()
        return word, []

    def _leaf(self, inside: Token) -> Term:
        token = self._token
        if token.kind == "string":
            return self._literal()
        if token.kind == "iri":
            return Iri(self._next().text[1:-1], token.at)
        if token.kind == "curie":
            return Iri(self._expand(self._next()), token.at)
        if token.kind == "anonymous":
            return Anonymous(self._next().text[2:], token.at)
        if token.kind == "number":
            return Number(int(self._next().text), token.at)
        line = self.source.line(inside.at)
        raise self._unexpected(
            f"an expression, or ')' to close {inside.text}( of line {line}",
            "check that every '(' has its ')'" if token.kind == _END else None,
        )

    def _expand(self, token: Token) -> str:
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            raise self.source.error(
                token.at,
                f"the prefix '{prefix}:' is not declared",
                remedy=f"add Prefix({prefix}:=<...>) before Ontology(",
            )
        return self.prefixes[prefix] + local

    def _literal(self) -> Literal:
        token = self._next()
        text = self._unescape(token)
        if self._token.kind == "language":
            return Literal(text, self._next().text[1:], None, token.at)
        if self._token.kind != "typed":
            return Literal(text, None, None, token.at)
        self._next()
        if self._token.kind not in ("iri", "curie"):
            raise self._unexpected("a datatype after '^^'")
        datatype = self._next()
        iri = datatype.text[1:-1] if datatype.kind == "iri" else self._expand(datatype)
        return Literal(text, None, iri, token.at)

    def _unescape(self, token: Token) -> str:
        body = token.text[1:-1]
        if "\\" not in body:
            return body
        for match in _ESCAPE.finditer(body):
            if match.group(1) not in '"\\':
                raise self.source.error(
                    token.at + 1 + match.start(),
                    f"unknown escape {match.group()!r} in a string",
                    expected='\\" or \\\\',
                    remedy="write a backslash as \\\\",
                )
        return _ESCAPE.sub(r"\1", body)


def _too_deep(source: Source, at: int) -> Exception:
    return source.error(
        at,
        f"expressions nest deeper than {MAX_DEPTH}",
        expected=f"at most {MAX_DEPTH} levels",
        remedy="name an inner expression with a class of its own",
    )


def read(source: Source) -> Node:
    """The ``Ontology`` node of a text in functional syntax.

    >>> read(Source("t.ofn", "Prefix(:=<http://x/>) Ontology(<http://x/o> SubClassOf(:A :B))")).args[1].name
    'SubClassOf'

    Raises:
        OntologySyntaxError: with file, line, column, what was expected and what to do.
    """
    return Reader(source).document()
