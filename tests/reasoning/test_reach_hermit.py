"""What carries no caveat is what HermiT says: of named classes, of expressions, and whether axioms follow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

import pytest

from kgtwin.errors import InconsistentOntologyError, OntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.ontology import hermit
from kgtwin.reasoning import Classification, classify
from kgtwin.reasoning.entailment import Verdict, entails
from tests.fuzz import times
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.generate_others import others
from tests.reasoning.shrinking import written

ORACLE = {
    "beyond": Shape(beyond=True, complements=True, selfs=True, classes=4, axioms=5, roles=3),
    "nominals": Shape(nominals=True, classes=4, axioms=6),
    "with facts": Shape(beyond=True, facts=True, nominals=True, classes=4, axioms=4),
    "intervals": Shape(intervals=True, classes=5, axioms=12, roles=2),
}
"""What HermiT takes: to it, ``xsd:double`` has decimal numbers."""


class Part(NamedTuple):
    """One ontology among many: its axioms, with definitions of classes for what was asked, and what was answered."""

    axioms: list[Axiom]
    classes: list[str]
    found: Classification
    above: dict[str, frozenset[str]]
    entailed: list[tuple[str, str, bool]]


@pytest.mark.slow
@pytest.mark.hermit
@pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java")
@pytest.mark.parametrize(("shape", "seed"), [*zip(ORACLE.values(), range(4), strict=True)], ids=ORACLE)
def test_what_carries_no_caveat_is_what_hermit_says(shape: Shape, seed: int) -> None:
    assert _decided(_parts(shape, seed, 10)) >= 5


@pytest.mark.slow
@pytest.mark.hermit
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java")
@pytest.mark.parametrize("seed", range(times(1)))
@pytest.mark.parametrize("shape", ORACLE.values(), ids=ORACLE)
def test_what_carries_no_caveat_is_what_hermit_says_of_more(shape: Shape, seed: int) -> None:
    assert _decided(_parts(shape, 100 + seed, 20)) >= 5


def _parts(shape: Shape, seed: int, count: int) -> list[Part]:
    random = Random(seed)
    found = (_part(Generator(random, f"o{number}", shape)) for number in range(count))
    return [part for part in found if part is not None]


def _part(generator: Generator) -> Part | None:
    axioms, names = [*generator.ontology(), *others(generator)], [cls.iri for cls in generator.classes]
    try:
        found = classify(axioms, classes=names)
    except InconsistentOntologyError:
        return None
    defined: list[Axiom] = []
    above = {iri: _found_above(found, iri, names) for iri in names if not found.caveats_of(iri)}
    for expression in (generator.expression(2) for _ in range(2)):
        query = found.query(expression)
        if not query.caveats:
            everything = names if not query.satisfiable else query.ancestors | query.equivalents
            above[_defined(generator, expression, defined)] = frozenset(everything) & frozenset(names)
    entailed = []
    for one, two in ((generator.expression(2), generator.expression(1)) for _ in range(3)):
        verdict = entails(found, owl.SubClassOf(one, two)).verdict
        if verdict is not Verdict.UNKNOWN:
            pair = _defined(generator, one, defined), _defined(generator, two, defined)
            entailed.append((*pair, verdict is Verdict.YES))
    return Part([*axioms, *defined], names, found, above, entailed)


def _found_above(found: Classification, iri: str, names: Sequence[str]) -> frozenset[str]:
    if iri in found.unsatisfiable:
        return frozenset(names)
    return (found.ancestors(iri) | found.equivalents(iri) | {iri}) & frozenset(names)


def _defined(generator: Generator, expression: ClassExpression, defined: list[Axiom]) -> str:
    iri = f"{generator.classes[0].iri}X{len(defined)}"
    defined.append(owl.EquivalentClasses((Class(iri), expression)))
    return iri


def _decided(parts: list[Part]) -> int:
    """How many HermiT decides; a contradiction, or too much at once, is looked at part by part."""
    try:
        answer = hermit.classify(chain.from_iterable(part.axioms for part in parts), timeout=8)
    except InconsistentOntologyError:
        if len(parts) == 1:
            assert parts[0].found.caveats_of_consistency, written(parts[0].axioms)
            return 1
        return _halves(parts)
    except OntologyError as error:
        if "no answer" not in str(error):
            raise
        return _halves(parts) if len(parts) > 1 else 0
    return sum(_same(part, answer) or _again(part, parts) for part in parts)


def _halves(parts: list[Part]) -> int:
    half = len(parts) // 2
    return _decided(parts[:half]) + _decided(parts[half:])


def _again(part: Part, parts: list[Part]) -> int:
    """What holds of everything holds of its neighbours, too."""
    assert len(parts) > 1, written(part.axioms)
    return _decided([part])


def _same(part: Part, answer: hermit.Answer) -> bool:
    def above(iri: str) -> set[str]:
        return set(part.classes) if iri in answer.unsatisfiable else {iri, *answer.subsumers.get(iri, ())}

    names = set(part.classes)
    same = all(above(iri) & names == found for iri, found in part.above.items())
    return same and all(
        (iri in answer.unsatisfiable or two in above(iri)) is entailed for iri, two, entailed in part.entailed
    )
