"""Questions to a classified ontology, with names and labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import manchester
from kgtwin.ontology.loader import load
from kgtwin.ontology.manchester import read_expression
from kgtwin.reasoning import Classification, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from kgtwin.workbench.constraints import Answers
from kgtwin.workbench.naming import Entities
from kgtwin.workbench.project import root_of

SHOWN = ("parents", "ancestors", "equivalents", "children", "descendants")
_BELOW = {"children", "descendants"}


class Named(msgspec.Struct, frozen=True):
    """A class with what to call it."""

    iri: str
    curie: str
    label: str


class Answer(msgspec.Struct, frozen=True):
    """``classes`` by where they stand; ``query`` as it was understood."""

    query: str
    satisfiable: bool
    classes: dict[str, tuple[Named, ...]]
    caveats: tuple[Caveat, ...] = ()


def described(path: Path, text: str, wanted: Iterable[str]) -> Answer:
    """Where a class expression in Manchester syntax stands among the named classes.

    Raises:
        OntologySyntaxError: it does not parse, or names what the ontology does not know.
    """
    ontology, classification = _read(path)
    expression = read_expression(text, Entities(ontology))
    query = classification.query(expression)
    wanted = tuple(wanted)
    classes = {what: _named(ontology, getattr(query, what)) for what in wanted}
    caveats = [*(query.caveats if set(wanted) - _BELOW else ()), *(query.caveats_below if _BELOW & set(wanted) else ())]
    understood = manchester(expression, ontology.label)
    return Answer(understood, query.satisfiable, classes, tuple(dict.fromkeys(caveats)))


def constrained(path: Path, text: str) -> Answer:
    """The classes that a SNOMED CT expression constraint selects.

    Raises:
        OntologySyntaxError: it does not parse.
        NotFoundError: the ontology has no such concept.
    """
    ontology, classification = _read(path)
    return Answer(text, True, {"selected": _named(ontology, Answers(ontology, classification).of(text))})


def _read(path: Path) -> tuple[Ontology, Classification]:
    ontology = load(path if path.is_dir() and any(path.rglob("sct2_*")) else root_of(path))
    return ontology, classify(ontology.axioms)


def _named(ontology: Ontology, iris: Iterable[str]) -> tuple[Named, ...]:
    """By label; ``owl:Thing`` and ``owl:Nothing`` go without saying."""
    shown = [iri for iri in iris if iri not in (OWL_THING, OWL_NOTHING)]
    return tuple(sorted((Named(iri, to_curie(iri), ontology.label(iri)) for iri in shown), key=_order))


def _order(one: Named) -> tuple[str, str]:
    return one.label.lower(), one.iri
