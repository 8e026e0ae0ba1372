"""Random keys and DL-safe rules, with facts for them to apply to."""

from __future__ import annotations

from decimal import Decimal

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Interval, RuleAtom, Variable
from tests.reasoning.generate import Generator, Shape

RULED = Shape(classes=3, roles=2, axioms=3, depth=1, facts=True, bottom=False, ranges=False)
"""Few names, so that rules apply."""
_SWRLB = "http://www.w3.org/2003/11/swrlb#"
_X, _Y, _V = Variable("urn:x"), Variable("urn:y"), Variable("urn:v")


def keys_and_rules(generator: Generator) -> list[Axiom]:
    """Two to four of them, and facts."""
    random = generator.random
    rules = [_rule(generator) if random.random() < 0.7 else _key(generator) for _ in range(random.randint(2, 4))]
    return rules + [_fact(generator) for _ in range(random.randint(3, 7))]


def _fact(generator: Generator) -> Axiom:
    pick, kind = generator.random.choice, generator.random.random()
    who, whom = pick(generator.individuals), pick(generator.individuals)
    if kind < 0.4:
        return owl.ClassAssertion(who, pick(generator.classes))
    if kind < 0.75:
        return owl.ObjectPropertyAssertion(pick(generator.roles), who, whom)
    return owl.DataPropertyAssertion(pick(generator.data_properties), who, _number(generator.random.randint(0, 4)))


def _key(generator: Generator) -> Axiom:
    pick = generator.random.choice
    if generator.random.random() < 0.5:
        return owl.HasKey(pick(generator.classes), (pick(generator.roles),), ())
    return owl.HasKey(pick(generator.classes), (), (pick(generator.data_properties),))


def _rule(generator: Generator) -> Axiom:
    random, pick = generator.random, generator.random.choice
    body: list[RuleAtom] = [owl.ClassAtom(pick(generator.classes), _X)]
    heads: list[RuleAtom] = [owl.ClassAtom(pick(generator.classes), _X)]
    if random.random() < 0.6:
        body.append(owl.ObjectPropertyAtom(pick(generator.roles), _X, _Y))
        heads += [owl.ClassAtom(pick(generator.classes), _Y), owl.ObjectPropertyAtom(pick(generator.roles), _Y, _X)]
        heads += [owl.SameIndividualAtom(_X, _Y), owl.DifferentIndividualsAtom(_X, _Y)]
    if random.random() < 0.4:
        body.append(owl.DataPropertyAtom(pick(generator.data_properties), _X, _V))
        if random.random() < 0.5:
            bound = _number(random.randint(0, 4))
            body.append(owl.BuiltInAtom(_SWRLB + pick(["greaterThan", "lessThan"]), (_V, bound)))
        heads.append(owl.DataPropertyAtom(pick(generator.data_properties), _X, _V))
    return owl.DLSafeRule(tuple(body), (pick(heads),))


def _number(value: int) -> Interval:
    return Interval(Decimal(value), False, Decimal(value))
