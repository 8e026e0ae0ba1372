"""One ontology spelled in many ways: white space, comments, prefixes, annotations."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from kgtwin.ontology.functional import tokens
from kgtwin.ontology.nodes import Source
from kgtwin.ontology.tokens import Token

PREFIXES = {
    "": "http://x/",
    "ex": "http://x/C",
    "a-prefix.longer.than.8": "http://x/",
    "é": "http://x/é/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
_SPACES = [" ", " ", "\n", "\t", "\r\n", "\f ", ' # a (comment) with "quotes" and <angles\n', "\x1c", " #\n#\n"]
_LITERALS = [
    '"plain"',
    '"with (brackets) # and \\"quotes\\" \\\\"@en-GB',
    '"ä\u00a0\u3000 \n"@de',
    '"3"^^xsd:integer',
    '"2020-02-29"^^<http://www.w3.org/2001/XMLSchema#date>',
    '"typed"^^xsd:string',
    '"typed" ^^ :mine',
    "_:x",
    "<http://x/C0>",
    ":C0",
]


def spelled(axioms: Iterable[str], random: Random) -> bytes:
    """A document with these axioms, all IRIs in full, as somebody else may have written it."""
    lines = [f"Prefix({name}:=<{stem}>)" for name, stem in PREFIXES.items()]
    lines += ["Ontology(<http://x/o>" + random.choice(["", " :version"])]
    for axiom in axioms:
        lines.append(_axiom(axiom, random))
        if random.random() < 0.3:
            lines.append(_extra(random))
    return "\n".join([*lines, ")", *random.choices(_SPACES, k=random.randrange(3))]).encode()


def _axiom(text: str, random: Random) -> str:
    found = [token for token in tokens(Source("", text)) if token.kind != "end of file"]
    parts: list[str] = []
    for i, token in enumerate(found):
        parts.append(_token(token, random))
        is_literal = token.kind in ("string", "typed")
        parts.append(random.choice(_SPACES) if random.random() < 0.2 or not is_literal else "")
        if i == 1 and random.random() < 0.2:
            parts.append(annotation(random) + random.choice(_SPACES))
    return "".join(parts)


def _token(token: Token, random: Random) -> str:
    if token.kind != "iri" or random.random() < 0.3:
        return token.text
    iri = token.text[1:-1]
    names = [f"{name}:{iri.removeprefix(stem)}" for name, stem in PREFIXES.items() if iri.startswith(stem)]
    return random.choice([name for name in names if "#" not in name] or [token.text])


def annotation(random: Random, depth: int = 0) -> str:
    """An annotation, perhaps annotated itself."""
    inner = annotation(random, depth + 1) + " " if depth < 2 and random.random() < 0.3 else ""
    return f"Annotation({inner}{random.choice([':note', '<http://x/note>'])} {random.choice(_LITERALS)})"


def _extra(random: Random) -> str:
    return random.choice(
        [
            f"AnnotationAssertion({annotation(random)} :note :C0 {random.choice(_LITERALS)})",
            f"AnnotationAssertion(:note _:someone {random.choice(_LITERALS)})",
            "Declaration(Class(:C0))",
            "Declaration(Annotation(:note :x) ObjectProperty(<http://x/r0>))",
            "Declaration(NamedIndividual(:i0)) Declaration(DataProperty(:d0)) Declaration(Datatype(:Mine))",
            "SubAnnotationPropertyOf(:note :comment)",
            'DatatypeDefinition(:Mine DataOneOf("1"^^xsd:integer))',
            "Import(<http://x/other>)",
            annotation(random),
        ]
    )
