"""Checks a proof document by rules of its own: `kgtwin.model` is all that it shares with what made the proof.

Each step follows from earlier ones by its rule (`steps`), each leaf is licensed by facts that count (`counting`), and
the issue is what is proven. ``docs/proofs.md`` says more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Any, Final

from kgtwin import vocabulary as v
from kgtwin.errors import KgtwinError
from kgtwin.identifiers import to_iri
from kgtwin.model.age import age_at
from kgtwin.model.axioms import Class, EquivalentClasses
from kgtwin.model.clinical import time_of
from kgtwin.model.data_ranges import within
from kgtwin.model.fact import FactKind, fact_id
from kgtwin.model.issue import issue_id
from kgtwin.model.meaning import parts, says, sign
from kgtwin.model.owl_reading import read_axiom
from kgtwin.model.proof_document import (
    RECEIVED,
    TRUSTED,
    Medicine,
    ProofDocument,
    ProofStep,
    Selection,
    Verdict,
    seal_of,
)
from kgtwin.model.time import duration, earliest, latest
from kgtwin.verification.counting import coded_in, counts, fills, interval, iris
from kgtwin.verification.steps import RULES, Said, follows

UNREADABLE: Final = (
    *(KgtwinError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError, RecursionError),
)
PATIENT: Final = ("one", "urn:kgtwin:patient")
KINDS: Final = {v.HAS_ACTIVE_INGREDIENT: v.SUBSTANCE, v.HAS_ROUTE: v.ROUTE, v.HAS_SEVERITY: v.SEVERITY}
TRUE: Final = ("true", "1")
SEXES: Final = {"female": v.FEMALE_PATIENT, "male": v.MALE_PATIENT}


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


def is_a(one: Any, kind: str, given: Collection[Said]) -> bool:
    """Whether a class is a kind, or is proven to be below it."""
    return one == Class(kind) or (one, Class(kind)) in given


class _Checker:
    """One document; every method rejects what does not hold."""

    def __init__(self, document: ProofDocument) -> None:
        self.document, self.issue, self.at = document, document.issue, earliest(document.issue.at)
        self.born, self.dead = document.patient.birth_date, document.patient.deceased
        if self.born and isinstance(self.dead, str) and latest(self.dead) < earliest(self.born):
            self.born = self.dead = None  # both cannot be true, and neither counts
        self.facts = {fact.id: fact for fact in document.facts}
        self.axioms = dict(enumerate(read_axiom(one.owl) for one in document.axioms))
        self.values = {(one.subject, one.property.removeprefix(v.KGTWIN)): one.value for one in document.annotations}
        self.said: dict[int, Said] = {}
        self.chosen: dict[Any, Selection] = {}
        """What was received, by the individual that stands for it."""

    def check(self) -> None:
        d = self.document
        require(seal_of(d) == d.digest, "the digest is not the document's: it was changed")
        require(len(self.facts) == len(d.facts), "two facts have one id")
        require(len(self.values) == len(d.annotations), "two annotations say the same of the same")
        for fact in d.facts:
            right = fact.id == fact_id(fact.patient, fact.provenance) and fact.patient == self.issue.patient
            require(right, f"fact {fact.id[:40]}: another resource's id, or another patient's")
        require(d.patient.key == self.issue.patient, "the Patient resource is another patient's")
        lives = self.dead in (None, False) or (self.dead is not True and earliest(str(self.dead)) > self.at)
        require(lives, "the patient has died")
        require(not any("<urn:kgtwin:" in one.owl for one in d.axioms), "an axiom is about the patient")
        for place, step in enumerate(d.steps):
            self.step(place, step, f"step {place} ({step.rule[:40]})")
        self.statement()

    def step(self, place: int, step: ProofStep, where: str) -> None:
        require(all(0 <= one < place for one in step.premises), f"{where}: a premise is no earlier step")
        said, *more = says(read_axiom(step.conclusion))
        given = [self.said[one] for one in step.premises]
        if step.rule == RECEIVED:
            holds = step.axiom is None and self.received(where, step.selection, said, given)
        else:
            require(step.rule in RULES, f"{where}: the checker has no such rule")
            axiom = None if step.axiom is None else self.axioms[step.axiom]
            holds = follows(step.rule, said, given, axiom, self.same(step)) and step.selection is None
        require(holds and not more, f"{where}: it does not follow that {step.conclusion[:200]}")
        self.said[place] = said

    def same(self, step: ProofStep) -> bool:
        """Whether the last premise is the first, by RH or RDH."""
        last = step.premises[-1] if step.premises else -1
        while last >= 0 and last != step.premises[0]:
            below = self.document.steps[last]
            last = below.premises[0] if below.rule in ("RH", "RDH") else -1
        return last >= 0

    def received(self, where: str, selection: int | None, said: Said, given: Sequence[Said]) -> bool:
        """Whether facts, or the Patient resource, say what a leaf says."""
        (s, t), born, gender = said, self.born, self.document.patient.gender or ""
        if selection is None:
            age = age_at(born, self.at) if born and sign(t) == "data" and t[1] == v.HAS_AGE else None
            told = t in (Class(v.PATIENT), Class(SEXES.get(gender, v.PATIENT)))
            return s == PATIENT and not given and (told or (age is not None and within(age, t[2])))
        chosen = dict(enumerate(self.document.selections))[selection]
        self.count(where, chosen, given)
        node, first, reading = ("one", chosen.individual), self.facts[chosen.facts[0]], chosen.reading
        if s != node:
            return said == (PATIENT, ("some", chosen.role, node))
        if sign(t) == "data" and reading is not None:
            found = [self.facts[one] for one in chosen.facts]
            return t[1] == v.HAS_VALUE and all(within(interval(one, reading, reading.multiple), t[2]) for one in found)
        if sign(t) == "some":
            return t[2].iri in iris(*coded_in(first, t[1])) and is_a(t[2], KINDS[t[1]], given)
        kind = reading.analyte if reading and not chosen.classes else None
        kind = v.MEDICINAL_PRODUCT if first.kind is FactKind.MEDICATION else kind
        return t.iri in (chosen.classes or iris(first.code)) and (kind is None or is_a(t, kind, given))

    def count(self, where: str, chosen: Selection, given: Sequence[Said]) -> None:
        """Whether facts count in a role: of results those of the analyte, and none that has expired."""
        reading, first = chosen.reading, self.facts[chosen.facts[0]]
        of = chosen.above if reading is None else (reading.analyte,)
        holds, part = counts(chosen, self.facts, self.values, self.at)
        for one in chosen.facts if reading is not None else ():
            holds = holds and any(is_a(Class(c), of[0], given) for c in iris(self.facts[one].code))
        limits = [self.values.get((one, "expiresAfter")) for one in of]
        fresh = all(self.at - latest(time_of(first) or "") <= duration(one) for one in limits if one)
        named = chosen.individual == f"urn:kgtwin:fact:{first.id}{part}"
        require(holds and fresh and named, f"{where}: {first.id} does not count as {chosen.role}, or not as the latest")
        self.chosen["one", chosen.individual] = chosen

    # the issue

    def statement(self) -> None:
        """Whether the document is about the issue that it names, and what OWL EL cannot say."""
        issue, iri = self.issue, to_iri(self.issue.statement)
        made = issue_id(issue.patient, issue.statement, frozenset(issue.ingredients), frozenset(issue.conditions))
        require(made == issue.id, "the issue's id is not that of its patient, statement, ingredients and conditions")
        conclusion = self.said.get(self.document.conclusion)
        require(conclusion == (PATIENT, Class(iri)), "the conclusion is not the issue's statement")
        ids = {one for chosen in self.document.selections for one in chosen.facts}
        require(ids <= {*issue.implicated}, "a fact that the proof rests on is not implicated")
        require({*issue.implicated} <= self.facts.keys(), "an implicated fact is missing")
        require(self.values.get((iri, "significance")) == issue.significance, "the significance is not the statement's")
        require(self.values.get((iri, "kind")) == issue.kind, "the kind is not the statement's")
        self.proven = {*self.said.values()}
        medicines = {node for node, one in self.chosen.items() if self.facts[one.facts[0]].kind is FactKind.MEDICATION}
        roles = {t[1] for s, t in self.said.values() if s == PATIENT and sign(t) == "some" and t[2] in medicines}
        found = self.witnesses(roles)
        self.conditions([node for node, some in found if some[1] not in roles])
        self.medicines([(node[1], some) for node, some in found if some[1] in roles], iri)

    def witnesses(self, roles: set[str]) -> list[tuple[Any, Any]]:
        """What meets the definitions that the statement rests on, each with what was asked of it."""
        found: dict[tuple[Any, Any], None] = {}
        todo, seen = [self.document.conclusion], set[int]()
        while todo:
            place = todo.pop()
            step, (s, t) = self.document.steps[place], self.said[place]
            if place in seen or s != PATIENT:
                continue
            seen.add(place)
            about = any(sign(one) == "some" and one[1] in roles for one in parts(t))
            shown = step.rule in ("R∃+", "R⊓+") or not about
            require(shown, f"step {place}: what is asked of a medicine is not shown by R∃+")
            if sign(t) == "some" and step.rule != "RH":
                found[self.said[step.premises[0]][1][2] if step.rule == "R∃+" else t[2], t] = None
            elif step.rule != "R⊑" or isinstance(self.axioms[step.axiom or 0], EquivalentClasses):
                todo += step.premises
        return [*found]

    def conditions(self, nodes: list[Any]) -> None:
        """Whether the conditions are of what meets the statement, and all of that is among them."""
        named = [names for node in nodes if (names := self.names(node))]
        conditions = {to_iri(one) for one in self.issue.conditions}
        require(conditions <= set[str]().union(*named), "a condition is not in the proof")
        require(all(conditions & names for names in named), "what the statement is met by is not among the conditions")

    def names(self, node: Any) -> set[str]:
        """What an issue calls what meets its statement."""
        chosen = self.chosen.get(node)
        if chosen is None:
            return {node.iri} if isinstance(node, Class) else set()
        read = (chosen.reading.analyte,) if chosen.reading else ()
        return {*(chosen.classes or read or iris(self.facts[chosen.facts[0]].code))}

    def medicines(self, asked: list[tuple[str, Any]], iri: str) -> None:
        """Whether the medicines are distinct, have the ingredients that the issue names, and are not taken now."""
        flags = {flag for flag in ("needsTwo", "washOut", "sameSubstance") if self.values.get((iri, flag)) in TRUE}
        held = {one.individual: one for one in self.document.medicines if not one.now}
        for one in self.document.medicines:
            self.ingredients(one, [some[2] for node, some in asked if node == one.individual])
        pairs = [] if "sameSubstance" in flags else combinations([held[node] for node, _ in asked], 2)
        for one, other in pairs:
            apart = one.individual != other.individual and not {*one.asked} & {*other.ingredients}
            require(apart and not {*other.asked} & {*one.ingredients}, "two medicines are not distinct")
        of_none = not (flags or self.issue.ingredients)
        require(asked or of_none, "the statement is about medicines, and the proof is not")
        require("needsTwo" not in flags or len(asked) > 1, "the statement needs two medicines")
        named = {curie for node, _ in asked for curie in held[node].asked}
        require(named == {*self.issue.ingredients}, "the issue's ingredients are not those of its medicines")
        if "sameSubstance" in flags:
            self.same_substance(asked)
        if "washOut" in flags:
            self.washed_out([held[node] for node, some in asked if (some[1], "within") in self.values])

    def ingredients(self, one: Medicine, wanted: list[Any]) -> None:
        """Whether a medicine is proven to have some of its ingredients: those that are wanted of it, or all."""
        has = [("some", v.HAS_ACTIVE_INGREDIENT, Class(to_iri(curie))) for curie in one.asked]
        proven = [self.said[place] for place in one.steps] == [(("one", one.individual), some) for some in has]
        require(proven and {*one.asked} <= {*one.ingredients}, f"an ingredient of {one.individual} is not proven")
        links = [part for filler in wanted for part in parts(filler) if sign(part) == "some"]
        kinds = [
            kind.iri
            for _, role, c in links
            if role == v.HAS_ACTIVE_INGREDIENT
            for kind in parts(c)
            if sign(kind) == "class"
        ]
        fit = all(is_a(some[2], kind, self.proven) for some in has for kind in kinds)
        all_ = {*one.asked} == {*one.ingredients}
        require(
            one.now or all_ or (one.asked and fit), f"another ingredient of {one.individual} than what is asked for"
        )

    def same_substance(self, asked: list[tuple[str, Any]]) -> None:
        """The medicine has what the allergy is to, as it is told or as links lead to it, not what that is a kind of."""
        roles, told = (v.ALLERGIC_TO, v.INTOLERANT_TO), set[int]()
        for place, step in enumerate(self.document.steps):
            if step.rule == RECEIVED or (step.rule != "R∃+" and step.premises and told.issuperset(step.premises)):
                told.add(place)
        links = [self.said[place][1] for place in told if sign(self.said[place][1]) == "some"]
        to = {link[2] for link in links if link[1] in roles}
        leaves = [self.said[place] for place, step in enumerate(self.document.steps) if step.rule == RECEIVED]
        substances = {part for one in to for part in parts(one)} | {c for s, c in leaves if s in to}
        held = {some[2][2] for _, some in asked if some[2][:2] == ("some", v.HAS_ACTIVE_INGREDIENT)}
        require(held & substances - {Class(v.SUBSTANCE)}, "the medicine does not have the substance of the allergy")

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
