"""Whether one step of a proof holds: all statements are ``C ⊑ D``, an individual a being the class ``{a}``.

A step holds if its conclusion is among what follows locally from its premises and its axiom, and it has the shape of
the rule that it names (``RULES``). What follows locally is found by a few general rules, not by one a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from kgtwin.model import axioms as owl
from kgtwin.model.data_ranges import canonical, disjoint, intersection, within
from kgtwin.model.meaning import NOTHING, THING, apart, form, many, parts, says, sign
from kgtwin.model.proof_document import RULES
from kgtwin.vocabulary import OWL, OWL_THING

Said = tuple[Any, Any]
DEPTH: Final = 3
"""So far fillers of fillers are looked into."""
WORK: Final = 50_000
"""So many inclusions are looked at for one step; a hundred do for what the engine makes."""


class _Local:
    """What follows from a few inclusions and an axiom."""

    def __init__(self, given: Sequence[tuple[Any, Any]], axiom: owl.Axiom | None, raised: bool) -> None:
        self.axiom, self.given, self.looked = axiom, [*given, *says(axiom)], 0
        self.apart = apart(axiom)
        if given and raised:
            self.given += self._in_range(given[0], given[-1][1] if isinstance(given[-1][1], tuple) else ())

    def _in_range(self, first: tuple[Any, Any], link: Any) -> Iterator[tuple[Any, Any]]:
        """What the range of a role says of the first link, which ``link`` is by that role."""
        (x, c), a = first, self.axiom
        if isinstance(a, owl.SubClassOf) and a.sub == THING and isinstance(a.sup, owl.ObjectAllValuesFrom):
            a = owl.ObjectPropertyRange(a.sup.property, a.sup.filler)
        if isinstance(a, owl.DataPropertyRange) and link[:2] == ("data", a.property):
            both = intersection(c[2], a.range)
            yield x, NOTHING if disjoint(c[2], a.range) else c if both is None else ("data", c[1], canonical(both))
        if isinstance(a, owl.ObjectPropertyRange):
            inverse = f"ObjectSomeValuesFrom(ObjectInverseOf(<{a.property}>) <{OWL_THING}>)"
            if link in (("self", a.property), ("text", inverse)):
                yield x, form(a.range)
            elif link[:2] == ("some", a.property):
                yield x, ("some", c[1], many("and", [c[2], form(a.range)]))
                yield (c[2] if sign(c[2]) == sign(x) == "one" else NOTHING), form(a.range)

    def closure(self, one: Any, depth: int = DEPTH) -> set[Any]:
        """The forms that whatever is ``one`` is of, as far as they are needed."""
        known = set(parts(one))
        while True:
            self.looked += len(self.given) + 1
            if self.looked > WORK:
                raise ValueError("a step takes too much to check")
            more = {part for c, d in self.given if self.holds(known, c, depth) for part in parts(d)}
            more.update(self._by_links(one, known, depth))
            if (
                any(sign(k) == "not" and self.holds(known, k[1], 0) for k in known)
                or sum(self.holds(known, c, 0) for c in self.apart) > 1
            ):
                more.add(NOTHING)
            if more <= known:
                return known
            known |= more

    def _by_links(self, one: Any, known: set[Any], depth: int) -> Iterator[Any]:
        a, links = self.axiom, [k for k in known if sign(k) == "some"]
        yield from (("some", k[1], one) for k in known if sign(k) == "self")
        for _, role, y in links:
            beyond = self.closure(y, depth - 1) if depth else parts(y)
            if NOTHING in beyond:
                yield NOTHING
            if (y == one and sign(one) == "one") or any(sign(k) == "one" and k in beyond for k in known):
                yield ("self", role)
        chain = a.chain if isinstance(a, owl.SubObjectPropertyOf) and len(a.chain) > 1 else ()
        chain = (a.property, a.property) if isinstance(a, owl.TransitiveObjectProperty) else chain
        if chain and depth:
            sup, ends = getattr(a, "sup", chain[0]), {one}
            for role in chain:
                ends = {k[2] for y in ends for k in (self.closure(y, depth - 1) if y != one else known)
                        if sign(k) == "some" and k[1] == role}  # fmt: skip
            yield from (("some", sup, y) for y in ends)
            if all(("self", role) in known for role in chain):
                yield ("self", sup)

    def holds(self, known: set[Any], goal: Any, depth: int) -> bool:
        """Whether what is of the known forms is of another one, by its form and by what follows for fillers."""
        if goal == THING or goal in known or NOTHING in known:
            return True
        if sign(goal) == "or" and any(sign(k) == "or" and k[1] <= goal[1] for k in known):
            return True
        if sign(goal) in ("and", "or"):
            return (all if goal[0] == "and" else any)(self.holds(known, one, depth) for one in goal[1])
        if sign(goal) == "not":
            return depth > 0 and NOTHING in self.closure(many("and", [*known, goal[1]]), depth - 1)
        same = [k for k in known if sign(k) == sign(goal) in ("some", "self", "data") and self.above(k[1], goal[1])]
        return any(self._covers(k, goal, depth) for k in same)

    def _covers(self, known: Any, goal: Any, depth: int) -> bool:
        if goal[0] == "data":
            return within(known[2], goal[2])
        if goal[0] == "self" or goal[2] in (THING, known[2]):
            return True
        return depth > 0 and self.holds(self.closure(known[2], depth - 1), goal[2], depth - 1)

    def above(self, sub: str, sup: str) -> bool:
        """Whether a property is another one or, by the axiom, below it."""
        a = self.axiom
        equivalence = isinstance(a, owl.EquivalentObjectProperties | owl.EquivalentDataProperties)
        equal = equivalence and {sub, sup} <= {*getattr(a, "operands", ())}
        told = a in (owl.SubObjectPropertyOf((sub,), sup), owl.SubDataPropertyOf(sub, sup))
        return sub == sup or equal or told or sup == OWL + "topObjectProperty"


def follows(rule: str, said: Said, given: Sequence[Said], axiom: owl.Axiom | None, raised: bool) -> bool:
    """Whether a statement follows, in the shape of a rule; ``raised``: the last premise is the first by RH or RDH."""
    (s, t), shape = said, RULES[rule]
    axioms = shape.axioms.split() or ["none"]
    fits = shape.least <= len(given) <= (len(given) if shape.most is None else shape.most)
    fits = fits and (type(axiom).__name__ if axiom is not None else "none") in axioms
    fits = fits and (not shape.first or sign(given[0][1]) in shape.first.split())
    if rule == "Rself":
        fits = fits and (len(given) == 3 or (len(given) == 1 and sign(given[0][1]) != sign(t)))
    if not fits or (shape.conclusion and sign(t) not in shape.conclusion.split()):
        return False
    if rule in ("Rnom", "Rinv"):
        return _of_one(rule, said, given)
    if rule in ("R⊓−", "R⊓+"):
        said_of = frozenset[Any]().union(*(parts(c) for _, c in given))
        return all(one == s for one, _ in given) and parts(t) - {THING} <= said_of
    if rule == "R∃+":
        (_, some), (y, c) = given
        return given[0][0] == s and sign(some) == "some" and some[2] == y and t == ("some", some[1], c)
    local = _Local(given, axiom, raised)
    if rule in ("RH", "RDH"):  # exactly, since ranges are about the same link
        ((x, c),) = given
        return x == s and (t[0], t[2:]) == (c[0], c[2:]) and local.above(c[1], t[1])
    return local.holds(local.closure(s), t, DEPTH)


def _of_one(rule: str, said: Said, given: Sequence[Said]) -> bool:
    """Rnom: what is reached from an individual or ⊤, and is a, has a in it. Rinv: what is led to is in ``∃r⁻.⊤``."""
    (s, t), (x, c) = said, given[0]
    starts = sign(x) == "one" or (x == THING and rule == "Rnom")
    if rule == "Rinv":
        inverse = f"ObjectSomeValuesFrom(ObjectInverseOf(<{c[1]}>) <{OWL_THING}>)" if sign(c) == "some" else None
        (y, one), (z, other) = given[1:]
        return starts and (c[2], one, z, t) == (y, other, s, ("text", inverse)) and sign(one) == "one"
    path, (y, one) = given[:-1], given[-1]
    ends = [x, *(c[2] for _, c in path if sign(c) == "some")]
    return starts and ends == [z for z, _ in given] and (y, one) == (t, s) and sign(s) == "one"
