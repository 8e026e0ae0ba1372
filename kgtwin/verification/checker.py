"""Checks a proof document by rules of its own: `kgtwin.model` is all that it shares with what made the proof.

Every statement is ``C ⊑ D``; an individual a is the class ``{a}``. A step holds if its conclusion is among what follows
locally from its premises and its axiom, and it has the shape of the rule that it names. ``docs/proofs.md`` says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

from kgtwin import vocabulary as v
from kgtwin.errors import KgtwinError
from kgtwin.identifiers import to_iri
from kgtwin.model import axioms as owl
from kgtwin.model import fact as facts
from kgtwin.model.age import age_at
from kgtwin.model.clinical import time_of
from kgtwin.model.data_ranges import within
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.issue import issue_id
from kgtwin.model.meaning import parts, says, sign
from kgtwin.model.owl_reading import read_axiom
from kgtwin.model.proof_document import (
    RECEIVED,
    RULES,
    TRUSTED,
    Medicine,
    ProofDocument,
    ProofStep,
    Selection,
    Verdict,
    seal_of,
)
from kgtwin.model.time import duration, earliest, latest
from kgtwin.verification.counting import COMPARED, coded_in, fills, interval, iris, newest, says_something, window
from kgtwin.verification.steps import Said, follows

UNREADABLE: Final = (
    *(KgtwinError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError, RecursionError),
)
MOST: Final = 200
"""Premises of a step."""
PATIENT: Final = ("one", "urn:kgtwin:patient")
KINDS: Final = {v.HAS_ACTIVE_INGREDIENT: v.SUBSTANCE, v.HAS_ROUTE: v.ROUTE, v.HAS_SEVERITY: v.SEVERITY}


class Rejected(Exception):  # noqa: N818 - a verdict
    """Why a document is no proof."""


def verify(document: ProofDocument) -> Verdict:
    """Whether a document proves its issue; ``trusted`` is what it cannot show."""
    try:
        _Checker(document).check()
    except Rejected as why:
        return Verdict(False, str(why))
    except UNREADABLE as error:
        return Verdict(False, f"something in it cannot be read: {error}")
    return Verdict(True, "", len(document.steps), TRUSTED)


def require(holds: object, why: str) -> None:
    """Reject the document unless something holds."""
    if not holds:
        raise Rejected(why)


# documents


class _Checker:
    """One document; every method rejects what does not hold."""

    def __init__(self, document: ProofDocument) -> None:
        self.document, self.issue, self.at = document, document.issue, earliest(document.issue.at)
        self.facts = {fact.id: fact for fact in document.facts}
        self.axioms = dict(enumerate(read_axiom(one.owl) for one in document.axioms))
        self.values = {(one.subject, one.property.removeprefix(v.KGTWIN)): one.value for one in document.annotations}
        self.said: dict[int, Said] = {}

    def check(self) -> None:
        d, dead = self.document, self.document.patient.deceased
        require(seal_of(d) == d.digest, "the digest is not the document's: it was changed")
        require(len(self.facts) == len(d.facts), "two facts have one id")
        for fact in d.facts:
            right = fact.id == facts.fact_id(fact.patient, fact.provenance) and fact.patient == self.issue.patient
            require(right, f"fact {fact.id[:40]}: another resource's id, or another patient's")
        require(d.patient.key == self.issue.patient, "the Patient resource is another patient's")
        require(dead in (None, False) or (dead is not True and earliest(str(dead)) > self.at), "the patient has died")
        require(not any("<urn:kgtwin:" in one.owl for one in d.axioms), "an axiom is about the patient")
        for place, step in enumerate(d.steps):
            self.step(place, step, f"step {place} ({step.rule[:40]})")
        self.statement()

    def step(self, place: int, step: ProofStep, where: str) -> None:
        require(all(0 <= one < place for one in step.premises), f"{where}: a premise is no earlier step")
        require(len(step.premises) <= MOST, f"{where}: too many premises")
        said, *more = says(read_axiom(step.conclusion))
        given = [self.said[one] for one in step.premises]
        if step.rule == RECEIVED:
            holds = step.axiom is None and self.received(where, step, said, given)
        else:
            require(step.rule in RULES, f"{where}: the checker has no such rule")
            axiom = None if step.axiom is None else self.axioms[step.axiom]
            holds = follows(step.rule, said, given, axiom, self.raised(step)) and step.selection is None
        require(holds and not more, f"{where}: it does not follow that {step.conclusion[:200]}")
        self.said[place] = said

    def raised(self, step: ProofStep) -> bool:
        """Whether the last premise is the first, by RH or RDH."""
        last = step.premises[-1] if step.premises else -1
        while last >= 0 and last != step.premises[0]:
            below = self.document.steps[last]
            last = below.premises[0] if below.rule in ("RH", "RDH") else -1
        return last >= 0

    def received(self, where: str, step: ProofStep, said: Said, given: Sequence[Said]) -> bool:
        """Whether facts, or the Patient resource, say what a leaf says."""
        (s, t), record = said, self.document.patient
        if step.selection is None:
            sex = {"female": v.FEMALE_PATIENT, "male": v.MALE_PATIENT}.get(record.gender or "", v.PATIENT)
            age = age_at(record.birth_date, self.at) if record.birth_date else None
            aged = age is not None and sign(t) == "data" and t[1] == v.HAS_AGE and within(age, t[2])
            return s == PATIENT and not given and (aged or t in (owl.Class(v.PATIENT), owl.Class(sex)))
        chosen = self.selection(step.selection)
        found = [self.facts[one] for one in chosen.facts]
        self.counts(where, chosen, found, given)
        node, first = ("one", chosen.individual), found[0]
        if s == node and sign(t) == "data":
            return (
                t[1] == v.HAS_VALUE
                and chosen.reading is not None
                and all(within(interval(one, chosen.reading), t[2]) for one in found)
            )
        if s == node and sign(t) == "class":
            product = first.kind is not FactKind.MEDICATION or is_a(t, v.MEDICINAL_PRODUCT, given)
            return product and t.iri in (chosen.classes or iris(first.code))
        if s == node and sign(t) == "some":
            return t[2].iri in iris(*coded_in(first, t[1])) and is_a(t[2], KINDS[t[1]], given)
        return said == (PATIENT, ("some", chosen.role, node))

    def selection(self, place: int) -> Selection:
        return dict(enumerate(self.document.selections))[place]

    def counts(self, where: str, chosen: Selection, found: list[Fact], given: Sequence[Said]) -> None:
        """Whether facts count in a role: one, the latest of its snapshot, or all of a window up to the latest."""
        first, role, reading = found[0], chosen.role, chosen.reading
        others = newest([self.facts[one] for one in chosen.snapshot], self.at)
        lasting, spans = self.values.get((role, "persistsFor")), self.values.get((role, "within"))
        part, counted, limits = "", found == [first], chosen.above
        if reading is not None:
            of = [self.values.get((one, "multipleOfUpperLimitOf")) for one in chosen.classes]
            named = (
                of == [reading.analyte] if reading.multiple else chosen.classes == (reading.analyte,) * bool(lasting)
            )
            limits = (reading.analyte,)
            part = f"/{chosen.classes[0]}" if reading.multiple else f"/{role}" if lasting else ""
            others = [one for one in others if one.value is not None]
            passed = [one.value for one in others[: others.index(first)] if isinstance(one.value, facts.Quantity)]
            within_ = window(others, first, duration(lasting)) if lasting else [first]
            counted = {one.id for one in within_} == {*chosen.facts} and not any(
                q.comparator in COMPARED for q in passed
            )
            counted = counted and all(
                any(is_a(owl.Class(c), reading.analyte, given) for c in iris(one.code)) for one in found
            )
            counted = counted and named and reading.unit == self.values[reading.analyte, "canonicalUnit"]
            counted = counted and (role == v.HAS_LATEST_RESULT or (lasting is not None and not reading.multiple))
        elif role in (v.HAS_PHENOTYPE, v.HAS_BEHAVIOUR):
            part, kinds = f"/{role}", facts.CodedValue | facts.BooleanValue | None
            counted = counted and [first] == [one for one in others if isinstance(one.value, kinds)][:1]
            counted = counted and says_something(first, chosen.classes)
        else:
            span = duration(spans) if spans else None
            counted = counted and not chosen.classes and fills(first, role, span, self.at)
        expiries = [self.values.get((one, "expiresAfter")) for one in limits]
        fresh = all(self.at - latest(time_of(first) or "") <= duration(one) for one in expiries if one)
        named = chosen.individual == f"urn:kgtwin:fact:{first.id}{part}"
        require(counted and fresh and named, f"{where}: {first.id} does not count as {role}, or not as the latest")

    # the issue

    def statement(self) -> None:
        """Whether the document is about the issue that it names, and what OWL EL cannot say."""
        issue, d = self.issue, self.document
        iri, ids = to_iri(issue.statement), {one for chosen in d.selections for one in chosen.facts}
        made = issue_id(issue.patient, issue.statement, frozenset(issue.ingredients), frozenset(issue.conditions))
        require(made == issue.id, "the issue's id is not that of its patient, statement, ingredients and conditions")
        require(self.said.get(d.conclusion) == (PATIENT, owl.Class(iri)), "the conclusion is not the issue's statement")
        require(ids <= {*issue.implicated}, "a fact that the proof rests on is not implicated")
        require({*issue.implicated} <= self.facts.keys(), "an implicated fact is missing")
        text = " ".join(step.conclusion for step in d.steps)
        named = {c for one in d.selections for c in one.classes} | iris(*(self.facts[one].code for one in ids))
        there = all(to_iri(one) in named or f"<{to_iri(one)}>" in text for one in issue.conditions)
        require(there, "a condition is not in the proof")
        require(self.values.get((iri, "significance")) == issue.significance, "the significance is not the statement's")
        require(self.values.get((iri, "kind")) == issue.kind, "the kind is not the statement's")
        self.medicines(iri)

    def medicines(self, iri: str) -> None:
        """Whether the medicines are distinct, have the ingredients that the issue names, and are not taken now."""
        flags = {
            key for key in ("needsTwo", "washOut", "sameSubstance") if self.values.get((iri, key)) in ("true", "1")
        }
        asked = self.asked()
        held = {one.individual: one for one in self.document.medicines if not one.now}
        for one in self.document.medicines:
            has = [("some", v.HAS_ACTIVE_INGREDIENT, owl.Class(to_iri(curie))) for curie in one.asked]
            proven = [self.said[place] for place in one.steps] == [(("one", one.individual), some) for some in has]
            require(proven and {*one.asked} <= {*one.ingredients}, f"an ingredient of {one.individual} is not proven")
        pairs = [] if "sameSubstance" in flags else combinations([held[node] for node, _ in asked], 2)
        for one, other in pairs:
            apart_ = one.individual != other.individual and not {*one.asked} & {*other.ingredients}
            require(apart_ and not {*other.asked} & {*one.ingredients}, "two medicines are not distinct")
        require(
            asked or not (flags or self.issue.ingredients), "the statement is about medicines, and the proof is not"
        )
        require("needsTwo" not in flags or len(asked) > 1, "the statement needs two medicines")
        named = {curie for node, _ in asked for curie in held[node].asked}
        require(named == {*self.issue.ingredients}, "the issue's ingredients are not those of its medicines")
        if "sameSubstance" in flags:
            self.same_substance(asked)
        if "washOut" in flags:
            self.washed_out([held[node] for node, some in asked if (some[1], "within") in self.values])

    def asked(self) -> list[tuple[str, Any]]:
        """The medicines by which the definitions of the statement are met, each with what was asked of it."""
        medicines = {v.TAKES_NOW, v.TOOK_EVER, *(role for role, name in self.values if name == "within")}
        found: dict[tuple[str, Any], None] = {}
        todo, seen = [self.document.conclusion], set[int]()
        while todo:
            place = todo.pop()
            step, (s, t) = self.document.steps[place], self.said[place]
            about = any(sign(one) == "some" and one[1] in medicines for one in parts(t)) and s == PATIENT
            defined = step.axiom is not None and isinstance(self.axioms[step.axiom], owl.EquivalentClasses)
            if place in seen or s != PATIENT:
                continue
            seen.add(place)
            if about and step.rule == "R∃+":
                found[self.said[step.premises[0]][1][2][1], t] = None
            elif step.rule == "R⊓+" or (step.rule == "R⊑" and defined):
                todo += step.premises
            else:
                require(not about, f"step {place}: what is asked of a medicine is not shown by R∃+")
        return [*found]

    def same_substance(self, asked: list[tuple[str, Any]]) -> None:
        """The medicine has what the allergy is to, as it is told or as links lead to it, not what that is a kind of."""
        roles = [("some", v.ALLERGIC_TO), ("some", v.INTOLERANT_TO)]
        told = {place for place, step in enumerate(self.document.steps) if step.rule == RECEIVED}
        for place, step in enumerate(self.document.steps):
            if step.rule != "R∃+" and step.premises and told.issuperset(step.premises):
                told.add(place)
        to = {
            self.said[one][1][2] for one in told if sign(self.said[one][1]) == "some" and self.said[one][1][:2] in roles
        }
        leaves = [self.said[place] for place, step in enumerate(self.document.steps) if step.rule == RECEIVED]
        substances = {part for one in to for part in parts(one)} | {c for s, c in leaves if s in to}
        held = {some[2][2] for _, some in asked if some[2][:2] == ("some", v.HAS_ACTIVE_INGREDIENT)}
        require(held & substances - {owl.Class(v.SUBSTANCE)}, "the medicine does not have the substance of the allergy")

    def washed_out(self, ended: list[Medicine]) -> None:
        """What is taken now, of all medications, has none of the ingredients that ended."""
        now = {one.individual: one for one in self.document.medicines if one.now}
        gone = {curie for one in ended for curie in one.asked}
        for fact in [self.facts[one] for one in self.document.medications]:
            if fills(fact, v.TAKES_NOW, None, self.at):
                node = f"urn:kgtwin:fact:{fact.id}"
                require(node in now, f"the ingredients of {fact.id}, which is taken now, are not listed")
                codes = iris(*coded_in(fact, v.HAS_ACTIVE_INGREDIENT)) & {to_iri(one) for one in gone}
                clear = not codes and not gone & {*now[node].ingredients}
                require(clear, f"{fact.id} is taken now, and has an ingredient that is said to have ended")


def is_a(one: Any, kind: str, given: Sequence[Said]) -> bool:
    """Whether a class is a kind, or is proven to be below it."""
    return one == owl.Class(kind) or (one, owl.Class(kind)) in given
