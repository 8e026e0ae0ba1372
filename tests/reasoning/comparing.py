"""What the reasoner says of an ontology, in the shape of the reference evaluator's answer; shapes to try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Axiom, Class
from kgtwin.reasoning import Classification, classify
from kgtwin.reasoning.closing_individuals import complete
from kgtwin.reasoning.closure import PlainClosure
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.taxonomy import taxonomy
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.reasoning.generate import Shape
from tests.reasoning.reference import Answer

EL = {
    "plain": Shape(),
    "deep": Shape(classes=4, axioms=16, depth=4),
    "sparse": Shape(classes=10, roles=3, bottom=False),
    "chained": Shape(classes=4, roles=6, axioms=20, numbers=False, unions=False, bottom=False),
    "reflexive": Shape(reflexive=True),
    "selfs": Shape(selfs=True, reflexive=True),
    "irregular": Shape(irregular=True, roles=6, numbers=False, classes=5, axioms=20),
    "irregular selfs": Shape(irregular=True, selfs=True, reflexive=True, classes=4, axioms=14),
    "spaces": Shape(spaces=True),
    "intervals": Shape(spaces=True, intervals=True),
    "complements": Shape(complements=True, selfs=True),
    "facts": Shape(facts=True, spaces=True),
    "all but nominals": Shape(selfs=True, reflexive=True, complements=True, facts=True, spaces=True, irregular=True),
}
"""Shapes on which the reasoner is complete."""
NOMINALS = {
    "nominals": Shape(nominals=True, facts=True),
    "everything": Shape(
        selfs=True, reflexive=True, complements=True, facts=True, spaces=True, irregular=True, nominals=True
    ),
}
"""Individuals in class expressions."""
BEYOND = {
    "beyond": Shape(
        selfs=True,
        reflexive=True,
        complements=True,
        facts=True,
        spaces=True,
        intervals=True,
        irregular=True,
        nominals=True,
        beyond=True,
    ),
}
"""Every construct of the model, on either side."""
LARGER = {
    "cyclic": Shape(classes=12, roles=3, axioms=40, irregular=True, bottom=False, depth=1),
    "large": Shape(classes=30, roles=8, axioms=80, irregular=True, selfs=True, reflexive=True, bottom=False),
    "wide": Shape(classes=60, roles=4, axioms=200, bottom=False),
}
"""Too much for the reference evaluator."""


Engine = type[PlainClosure] | type[CompiledClosure]
ENGINES: dict[str, Engine] = {"plain": PlainClosure, "compiled": CompiledClosure}


def classified(axioms: Sequence[Axiom], classes: Iterable[str], engine: Engine | None = None) -> Classification:
    """The classification by one engine, or by the one that would be chosen."""
    if engine is None:
        return classify(axioms, classes=classes)
    indexed = index(AxiomTable.of(axioms, classes))
    indexed, closure = complete(indexed, engine.of(indexed.program), engine.of)
    return Classification(indexed, closure, taxonomy(closure, indexed.atoms.named))


def answer(
    axioms: Sequence[Axiom], classes: Iterable[str], individuals: Iterable[str] = (), engine: Engine | None = None
) -> Answer:
    """What the reasoner says."""
    names = list(classes)
    try:
        found = classified(axioms, names, engine)
    except InconsistentOntologyError:
        return Answer(False, {}, {})
    realised = found.realise(())
    types = {who: set(realised.types(who)) for who in individuals}
    return Answer(True, {iri: above(found, iri) for iri in names}, types)


def above(classification: Classification, iri: str) -> set[str] | None:
    """All classes above one, itself included, ``owl:Thing`` not; None for an empty one."""
    if iri in classification.unsatisfiable:
        return None
    found = classification.ancestors(iri) | classification.equivalents(iri) | {iri}
    return set(found) - {OWL_THING}


def order(found: Answer) -> dict[str, set[str]]:
    """Every class with all that are above it; ``owl:Thing`` is one of the answer's, ``owl:Nothing`` is added."""
    everything = {*found.subsumers, OWL_NOTHING}
    return {OWL_NOTHING: everything} | {
        iri: everything if above is None else above | {iri, OWL_THING} for iri, above in found.subsumers.items()
    }


def covers(above: dict[str, set[str]], iri: str) -> set[str]:
    """The classes directly above one."""
    strict = {one for one in above[iri] if iri not in above[one]}
    return {one for one in strict if not any(one in above[other] and other not in above[one] for other in strict)}


def told(found: Answer) -> set[Axiom]:
    """An answer as axioms: equivalences, direct subsumptions, types. What is below no other class is not mentioned."""
    if not found.consistent:
        return {owl.SubClassOf(Class(OWL_THING), Class(OWL_NOTHING))}
    above = order(found)
    groups = {iri: tuple(sorted(one for one in above[iri] if iri in above[one])) for iri in above}
    axioms: set[Axiom] = {
        owl.EquivalentClasses(tuple(map(Class, group))) for group in groups.values() if len(group) > 1
    }
    for iri, group in groups.items():
        if iri == group[0] and OWL_NOTHING not in group:
            parents = {groups[parent][0] for parent in covers(above, iri) if OWL_THING not in groups[parent]}
            axioms.update(owl.SubClassOf(Class(iri), Class(parent)) for parent in parents)
    types = ((who, iri) for who, many in found.types.items() for iri in many)
    return axioms | {owl.ClassAssertion(who, Class(iri)) for who, iri in types}
