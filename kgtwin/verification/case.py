"""A clinical rule as the document has it, what it is applied to, and what is proven of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from kgtwin import vocabulary as v
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.axioms import Class
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.intervals import Interval
from kgtwin.model.meaning import sign
from kgtwin.model.proof_document import ProofIssue, ProofReading, ProofRule, Selection
from kgtwin.model.time import duration
from kgtwin.verification.counting import converted, fills, iris, shortest
from kgtwin.verification.steps import Said
from kgtwin.verification.units import Values, conversion, per_mole
from kgtwin.verification.verdict import require

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
TRUE: Final = ("true", "1")
PATIENT: Final = ("one", "urn:kgtwin:patient")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """``given`` are the premises of the rule's step, ``medicines`` by individual the ingredients (CURIEs) of each.

    ``chosen`` are the facts behind individuals, ``values`` the annotations of all but the rule.
    """

    rule: ProofRule
    issue: ProofIssue
    at: datetime
    facts: Mapping[str, Fact]
    given: Collection[Said]
    medicines: Mapping[str, Collection[str]]
    chosen: Mapping[Any, Selection]
    values: Values

    # the rule

    def said(self, name: str, of: str | None = None) -> list[str]:
        """What the knowledge says of the rule, or of something else, by one of our annotation properties."""
        asked = (of or self.rule.rule, v.kgtwin(name))
        return [one.value for one in self.rule.annotations if (one.subject, one.property) == asked]

    def one(self, name: str) -> str:
        """The only value of an annotation property of the rule."""
        (value,) = self.said(name)
        return value

    def span(self, name: str, of: str | None = None) -> timedelta | None:
        """The time that the rule, or something else, is annotated with."""
        found = self.said(name, of)
        return duration(found[0]) if found else None

    def longest(self, analytes: Iterable[str]) -> timedelta | None:
        """How long results of some analytes count at the longest; None where of one this is not limited."""
        known = [self.values.get((one, "expiresAfter")) for one in analytes if (one, "canonicalUnit") in self.values]
        return max(map(duration, filter(None, known))) if known and None not in known else None

    # what it is applied to

    def ingredient(self, name: str) -> str:
        """The one ingredient (IRI) that the issue is about, proven to be the medicine of the rule, or a kind of it."""
        (named,) = self.issue.ingredients
        require(self.is_a(to_iri(named), self.one(name)), f"{named} is not proven to be the medicine of the rule")
        return to_iri(named)

    def taken(self, ingredient: str) -> list[Fact]:
        """The facts by which an ingredient is taken now, each proven to have it."""
        return [one for one, iri in self._held() if iri == ingredient and fills(one, v.TAKES_NOW, None, self.at)]

    def related(self, ingredient: str) -> list[Fact]:
        """The facts of medicines proven to have an ingredient, a kind of it, or what it is a kind of."""
        return [one for one, iri in self._held() if self.may_be(ingredient, [iri])]

    def _held(self) -> Iterator[tuple[Fact, str]]:
        """Medicines, each with an ingredient that it is proven to have, and not only a class of one."""
        for node, some in self.given:
            has = sign(some) == "some" and some[1] == v.HAS_ACTIVE_INGREDIENT
            if sign(node) == "one" and has and isinstance(some[2], Class):
                fact = self.facts[node[1].removeprefix("urn:kgtwin:fact:")]
                if some[2].iri in self.listed(fact):
                    yield fact, some[2].iri

    def listed(self, fact: Fact) -> set[str]:
        """All active ingredients that a medicine is said to have."""
        return {to_iri(one) for one in self.medicines[f"urn:kgtwin:fact:{fact.id}"]}

    def every(self, kinds: Collection[FactKind], of: Collection[str] = ()) -> list[Fact]:
        """All facts of the patient of some kinds, or of those with a code of some classes."""
        found = [one for one in self.rule.absences if {*one.kinds} == {*kinds}]
        fit = [one for one in found if not one.codes or (of and {*map(to_curie, of)} <= {*one.codes})]
        require(fit, f"all facts of kind {', '.join(kinds)} are not listed")
        codes, listed = {*fit[0].codes}, [self.facts[id_] for id_ in fit[0].facts]
        cited = [
            one for one in self.facts.values() if one.kind in kinds and (not codes or codes & {*one.code.concepts})
        ]
        require({one.id for one in cited} == {*fit[0].facts}, "a fact is cited and not listed, or not one of these")
        return listed

    def is_a(self, one: str, kind: str) -> bool:
        """Whether a class is a kind, or is proven to be below it."""
        return one == kind or (Class(one), Class(kind)) in self.given

    def is_any(self, some: Iterable[str], kinds: Collection[str]) -> bool:
        """Whether one of some classes is one of some kinds, or is proven to be below one."""
        return any(self.is_a(one, kind) for one in some for kind in kinds)

    def may_be(self, ingredient: str, others: Collection[str]) -> bool:
        """Whether an ingredient is among others, a kind of one, or what one is a kind of."""
        return self.is_any([ingredient], others) or self.is_any(others, [ingredient])

    def lasts(self, fact: Fact) -> timedelta | None:
        """How long a condition lasts at the longest, by the classes that it is proven to be of."""
        known = [iri for iri, name in self.values if name == "longestDuration"]
        return shortest((iri for iri in known if self.is_any(iris(fact.code), [iri])), self.values)

    def filling(self, role: str, kinds: Collection[str]) -> list[Any]:
        """What the patient is proven to be related to by a role, and what is proven to be of one of some classes."""
        nodes = [t[2] for s, t in self.given if s == PATIENT and sign(t) == "some" and t[1] == role]
        return [node for node in nodes if any((node, Class(kind)) in self.given for kind in kinds)]

    def numbers(self, node: Any, prop: str = v.HAS_VALUE) -> list[Any]:
        """The ranges in which the value of a result, or the age of the patient, is proven to lie."""
        return [t[2] for s, t in self.given if s == node and sign(t) == "data" and t[1] == prop]

    def numbers_in(self, node: Any, unit: str) -> list[Interval]:
        """The same of a result in a unit that its own becomes, as the document says; none where it does not."""
        own, found = self.reading(node), self.numbers(node)
        if own.unit == unit:
            return found
        by = conversion(self.rule.conversions, own.unit, unit, per_mole(own.analyte, self.values))
        if by is None:
            return []
        ends = [[None if end is None else converted(end, by) for end in (one.low, one.high)] for one in found]
        return [Interval(low, one.low_open, high, one.high_open) for one, (low, high) in zip(found, ends, strict=True)]

    def reading(self, node: Any) -> ProofReading:
        """How the value of a result that is no multiple of a limit was read."""
        reading = self.chosen[node].reading
        require(reading is not None and not reading.multiple, "a multiple of a limit is no value")
        assert reading is not None
        return reading

    def concepts(self, nodes: Iterable[Any]) -> set[str]:
        """The codes of the facts behind some individuals."""
        return {one for node in nodes for one in self.facts[self.chosen[node].facts[0]].code.concepts}

    @staticmethod
    def as_needed(fact: Fact) -> bool:
        """Whether a medicine is taken as needed only."""
        return isinstance(fact.detail, MedicationDetail) and fact.detail.as_needed
