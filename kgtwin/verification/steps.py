"""Whether a step follows by the rule that it names. Every statement is ``C ⊑ D``, an individual a being ``{a}``.

Forms are equal only if they mean the same (`kgtwin.model.meaning`), so that each rule is a comparison or two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.data_ranges import disjoint, intersection, within
from kgtwin.model.meaning import NOTHING, THING, apart, form, many, negated, parts, says, sign
from kgtwin.vocabulary import OWL, OWL_THING

Said = tuple[Any, Any]
MOST: Final = 2_000
"""Premises of a step and inclusions of its axiom."""
TOLD: Final = (owl.ClassAssertion, owl.ObjectPropertyAssertion, owl.DataPropertyAssertion)


class Step(NamedTuple):
    """``s ⊑ t`` from ``x ⊑ c``, the first premise, to ``y ⊑ d``, the last, by the axiom ``a``.

    ``same``: the last is the first by RH or RDH alone, and so about the same link or value.
    """

    s: Any
    t: Any
    given: list[Said]
    a: Any
    same: bool
    x: Any
    c: Any
    y: Any
    d: Any


def inverse(role: str) -> tuple[str, str]:
    """What a role leads to: the reader leaves inverses as text."""
    return "text", f"ObjectSomeValuesFrom(ObjectInverseOf(<{role}>) <{OWL_THING}>)"


def leads(c: Any, y: Any) -> bool:
    """Whether a form is a link to y."""
    return sign(c) == "some" and c[2] == y


def further(q: Step) -> bool:
    """A link to y, which is d, is one to d."""
    return leads(q.c, q.y) and bool(q.t == ("some", q.c[1], q.d))


def raised(q: Step) -> bool:
    """The same by a property above."""
    if not sign(q.c) == sign(q.t) in ("some", "self", "data") or q.c[2:] != q.t[2:]:
        return False
    sub, sup = q.c[1], q.t[1]
    equal = isinstance(q.a, owl.EquivalentObjectProperties | owl.EquivalentDataProperties) and {*q.a.operands}
    told = q.a in (owl.SubObjectPropertyOf((sub,), sup), owl.SubDataPropertyOf(sub, sup))
    return told or sup == OWL + "topObjectProperty" or {sub, sup} <= (equal or set())


def weaker(c: Any, t: Any) -> bool:
    """A link by the same role to what says less, or a value of the same property in a wider range."""
    if not sign(c) == sign(t) in ("some", "data") or c[1] != t[1]:
        return False
    return within(c[2], t[2]) if sign(c) == "data" else parts(t[2]) - {THING} <= parts(c[2])


def in_domain(q: Step) -> bool:
    """What has a link or a value is in the domain of its property."""
    of = owl.DataPropertyDomain if sign(q.c) == "data" else owl.ObjectPropertyDomain
    return isinstance(q.a, of) and q.c[1] == q.a.property and bool(q.t == form(q.a.domain))


def in_range(q: Step) -> bool:
    """What the first link leads to is in the range of the last one's role: both are the same link."""
    is_only = isinstance(q.a, owl.SubClassOf) and q.a.sub == THING and isinstance(q.a.sup, owl.ObjectAllValuesFrom)
    a = owl.ObjectPropertyRange(q.a.sup.property, q.a.sup.filler) if is_only else q.a
    if not isinstance(a, owl.ObjectPropertyRange) or not q.same:
        return False
    kind = form(a.range)
    if q.d in (("self", a.property), inverse(a.property)):
        return bool(q.x == q.s and q.t == kind)
    named = sign(q.x) == sign(q.s) == "one" and leads(q.c, q.s) and q.t == kind
    narrowed = q.x == q.s and sign(q.c) == "some" and q.t == ("some", q.c[1], many("and", [q.c[2], kind]))
    return sign(q.d) == "some" and q.d[1] == a.property and (named or narrowed)


def value_in_range(q: Step) -> bool:
    """The first value is in the range of the last one's property: both are the same value."""
    if not (isinstance(q.a, owl.DataPropertyRange) and q.same and sign(q.d) == "data" and q.d[1] == q.a.property):
        return False
    return bool(q.t == form(owl.DataSomeValuesFrom(q.c[1], intersection(q.c[2], q.a.range) or q.c[2])))


def chained(q: Step) -> bool:
    """Each link begins where the one before ends; a self restriction ends where it begins."""
    is_chain, is_transitive = isinstance(q.a, owl.SubObjectPropertyOf), isinstance(q.a, owl.TransitiveObjectProperty)
    chain = list(q.a.chain if is_chain else (q.a.property,) * 2 if is_transitive else ())
    if chain != [c[1] for _, c in q.given if sign(c) in ("some", "self")] or len(chain) != len(q.given):
        return False
    ends = [c[2] if sign(c) == "some" else x for x, c in q.given]
    sup, selves = q.a.sup if is_chain else q.a.property, all(sign(c) == "self" for _, c in q.given)
    led = q.t == ("some", sup, ends[-1]) or (selves and q.t == ("self", sup))
    return led and [x for x, _ in q.given] == [q.s, *ends[:-1]]


def reflexive(q: Step) -> bool:
    """Everything has a link by the role to itself."""
    loops = [(loop, ("some", loop[1], q.s)) for top, loop in says(q.a) if top == THING and sign(loop) == "self"]
    return any(q.t in two for two in loops)


def to_itself(q: Step) -> bool:
    """A self restriction is a link to itself; a link is one where both of its ends are one individual."""
    if sign(q.c) == "self":
        return len(q.given) == 1 and bool(q.t == ("some", q.c[1], q.s))
    one = sign(q.c) == "some" and q.t == ("self", q.c[1]) and sign(q.d) == "one"
    return one and q.given[1:] == [(q.s, q.d), (q.c[2], q.d)]


def reached(q: Step) -> bool:
    """What links reach from an individual, or from ⊤, is the individual s: so s is in what they reach."""
    ends = [q.x, *(c[2] for _, c in q.given[:-1] if sign(c) == "some")]
    start = sign(q.x) == "one" or q.x == THING
    return start and ends == [x for x, _ in q.given] and (q.y, q.d) == (q.t, q.s) and sign(q.s) == "one"


def led_to(q: Step) -> bool:
    """An individual's link leads to an individual, which s is: so s is what the role leads to."""
    start = sign(q.x) == sign(q.d) == "one" and sign(q.c) == "some"
    return start and q.given[1:] == [(q.c[2], q.d), (q.s, q.d)] and q.t == inverse(q.c[1])


def functional(q: Step) -> bool:
    """Two values of a functional property cannot be one."""
    two = isinstance(q.a, owl.FunctionalDataProperty) and sign(q.c) == sign(q.d) == "data"
    return two and q.c[1] == q.d[1] == q.a.property and disjoint(q.c[2], q.d[2])


RULES: Final[dict[str, tuple[int, int, Callable[[Step], Any]]]] = {
    "told": (0, 0, lambda q: isinstance(q.a, TOLD) and (q.s, q.t) in says(q.a)),
    "R0": (0, 0, lambda q: q.s == q.t),
    "R⊤": (0, 0, lambda q: q.t == THING),
    "Rrefl": (0, 0, reflexive),
    "R⊑": (1, 1, lambda q: (q.c, q.t) in says(q.a) or (q.t == NOTHING and apart(q.a).count(q.c) > 1)),
    "R⊓−": (1, 1, lambda q: parts(q.t) <= parts(q.c)),
    "R⊓+": (1, MOST, lambda q: sign(q.t) == "and" and q.t[1] <= {p for x, c in q.given if x == q.s for p in parts(c)}),
    "R⊔−": (1, 1, lambda q: q.c == q.t),
    "R⊔+": (1, 1, lambda q: sign(q.t) == "or" and parts(q.c, "or") <= q.t[1]),
    "R≥": (1, 1, lambda q: sign(q.c) == "and" and sign(q.t) == "some" and q.t in q.c[1]),
    "R∃−": (1, 1, lambda q: sign(q.t) == "some" and any(weaker(one, q.t) for one in parts(q.c))),
    "R∃+": (2, 2, further),
    "RH": (1, 1, lambda q: sign(q.c) != "data" and raised(q)),
    "R∘": (2, MOST, chained),
    "Rdom": (1, 1, lambda q: sign(q.c) in ("some", "self") and in_domain(q)),
    "Rran": (1, 2, in_range),
    "Rself": (1, 3, to_itself),
    "Rsame": (2, 2, lambda q: (sign(q.c), q.c, q.d) == ("one", q.y, q.t) or (sign(q.d) == "one" and further(q))),
    "Rnom": (1, MOST, reached),
    "Rinv": (3, 3, led_to),
    "R≠": (1, 1, lambda q: q.c == NOTHING and sign(q.t) == "not" and q.x == many("and", [q.s, q.t[1]])),
    "R⊥": (2, 2, lambda q: leads(q.c, q.y) and q.d == q.t == NOTHING),
    "R⊥⊓": (2, 2, lambda q: q.y == q.s and q.t == NOTHING and sum(one in (q.c, q.d) for one in apart(q.a)) > 1),
    "R⊥¬": (2, 2, lambda q: q.y == q.s and q.t == NOTHING and (q.c == negated(q.d) or q.d == negated(q.c))),
    "R⊥⊑": (1, 1, lambda q: q.c == NOTHING),
    "RD+": (1, 1, lambda q: sign(q.c) == "data" and weaker(q.c, q.t)),
    "RD⊥": (1, 1, lambda q: q.c == q.t == NOTHING),
    "RDH": (1, 1, lambda q: sign(q.c) == "data" and raised(q)),
    "RDdom": (1, 1, lambda q: sign(q.c) == "data" and in_domain(q)),
    "RDran": (1, 2, value_in_range),
    "RDfun": (2, 2, lambda q: q.y == q.s and q.t == NOTHING and functional(q)),
}
"""The rules of the reasoner: premises at least and at most, and what else they ask. Not: ``Rkey`` and ``Rrule``."""
ABOUT_OTHERS: Final = ("Rran", "Rnom", "Rinv", "R≠")
"""The rules whose first premise need not be about what the conclusion is about."""


def follows(rule: str, said: Said, given: Sequence[Said], axiom: owl.Axiom | None, same: bool) -> bool:
    """Whether a statement follows by a rule.

    Raises:
        ValueError: there is too much to look at.
    """
    if len(given) + len(says(axiom)) > MOST:
        raise ValueError("a step takes too much to check")
    least, most, holds = RULES[rule]
    (x, c), (y, d) = (given[0], given[-1]) if given else ((said[0], said[0]),) * 2
    fits = least <= len(given) <= most and (x == said[0] or rule in ABOUT_OTHERS)
    return fits and bool(holds(Step(*said, list(given), axiom, same, x, c, y, d)))
