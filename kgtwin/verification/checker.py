"""Checks a proof document by rules of its own: `kgtwin.model` is all that it shares with what made the proof.

Each step follows from earlier ones by its rule (`steps`), each leaf is licensed by facts that count (`counting`), and
the issue is what is proven. ``docs/proofs.md`` says more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any, Final

from kgtwin import vocabulary as v
from kgtwin.errors import KgtwinError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.age import age_at
from kgtwin.model.axioms import Axiom, Class, EquivalentClasses
from kgtwin.model.clinical import time_of
from kgtwin.model.data_ranges import within
from kgtwin.model.fact import FactKind, fact_id
from kgtwin.model.issue import issue_id
from kgtwin.model.meaning import NOTHING, parts, says, sign
from kgtwin.model.owl_reading import read_axiom
from kgtwin.model.proof_document import (
    CLINICAL_RULE,
    RECEIVED,
    RULES_TRUSTED,
    TRUSTED,
    Medicine,
    ProofDocument,
    ProofStep,
    Selection,
    Verdict,
    seal_of,
)
from kgtwin.model.time import duration, earliest, latest
from kgtwin.verification.case import PATIENT, TRUE, Case
from kgtwin.verification.counting import coded_in, counts, fills, interval, iris
from kgtwin.verification.rules import check_rule
from kgtwin.verification.steps import RULES, Said, follows
from kgtwin.verification.units import check_units
from kgtwin.verification.verdict import Rejected, require

UNREADABLE: Final = (
    *(KgtwinError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError, RecursionError),
    SyntaxError,
)
KINDS: Final = {v.HAS_ACTIVE_INGREDIENT: v.SUBSTANCE, v.HAS_ROUTE: v.ROUTE, v.HAS_SEVERITY: v.SEVERITY}
CODED: Final = (v.PREFIXES["rxnorm"], v.PREFIXES["unii"])
SEXES: Final = {"female": v.FEMALE_PATIENT, "male": v.MALE_PATIENT}


def verify(document: ProofDocument) -> Verdict:
    """Whether a document proves its issue; ``trusted`` is what it cannot show."""
    checker = _Checker(document)
    try:
        checker.check()
    except Rejected as why:
        return Verdict(False, str(why))
    except UNREADABLE as error:
        return Verdict(False, f"{checker.where}: something in it cannot be read{_wanted(error)}")
    more = RULES_TRUSTED[document.issue.kind] if document.rules else ()
    return Verdict(True, "", len(document.steps), (*TRUSTED, *more))


def _wanted(error: BaseException) -> str:
    """What was expected instead; not what is there, which may say something of the patient."""
    return f"; expected {error.expected}" if isinstance(error, KgtwinError) and error.expected else ""


def is_a(one: Any, kind: str, given: Collection[Said]) -> bool:
    """Whether a class is a kind, or is proven to be below it."""
    return one == Class(kind) or (one, Class(kind)) in given


def _is_coded(one: Any) -> bool:
    """Whether it is the class of a code of medicines' substances."""
    return sign(one) == "class" and one.iri.startswith(CODED)


class _Checker:
    """One document; every method rejects what does not hold."""

    def __init__(self, document: ProofDocument) -> None:
        self.document, self.issue = document, document.issue
        self.born, self.dead = document.patient.birth_date, document.patient.deceased
        self.where = "the issue"
        """What is looked at."""
        self.facts = {fact.id: fact for fact in document.facts}
        self.axioms: dict[int, Axiom] = {}
        self.selections = dict(enumerate(document.selections))
        self.values = {(one.subject, one.property.removeprefix(v.KGTWIN)): one.value for one in document.annotations}
        self.said: dict[int, Said] = {}
        self.links: dict[int, int] = {}
        """Of each step the first one about the same link: by RH and RDH it is only said of a property above."""
        self.counted: dict[int, tuple[bool, str]] = {}
        self.chosen: dict[Any, Selection] = {}
        """What was received, by the individual that stands for it."""

    def read(self) -> None:
        """Reads times and axioms."""
        self.at = earliest(self.issue.at)
        self.where = "the Patient resource"
        if self.born and earliest(self.born) and isinstance(self.dead, str) and latest(self.dead) < earliest(self.born):
            self.born = self.dead = None  # both cannot be true, and neither counts
        for place, one in enumerate(self.document.axioms):
            self.where = f"axiom {place}"
            self.axioms[place] = read_axiom(one.owl)
        self.where = "the document"

    def check(self) -> None:
        d = self.document
        self.read()
        require(latest(self.issue.at) - self.at < timedelta(seconds=1), "the evaluation time is no instant")
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
        self.where = "the conversions of units"
        check_units((one.reading for one in d.selections if one.reading is not None), d.rules, self.values)
        for place, step in enumerate(d.steps):
            self.step(place, step, f"step {place} ({step.rule[:40]})")
        self.where = "the issue"
        self.statement()

    def step(self, place: int, step: ProofStep, where: str) -> None:
        self.where = where
        require(all(0 <= one < place for one in step.premises), f"{where}: a premise is no earlier step")
        said, *more = says(read_axiom(step.conclusion))
        given = [self.said[one] for one in step.premises]
        if step.rule == RECEIVED:
            holds = step.axiom is None and self.received(where, step.selection, said, given)
        elif step.rule == CLINICAL_RULE:
            holds = place == self.document.conclusion == len(self.document.steps) - 1 and self.applied(said, given)
        else:
            require(step.rule in RULES, f"{where}: the checker has no such rule")
            axiom = None if step.axiom is None else self.axioms[step.axiom]
            same = not given or self.links[step.premises[0]] == self.links[step.premises[-1]]
            holds = step.selection is None and follows(step.rule, said, given, axiom, same)
        require(holds and not more, f"{where}: it does not follow that {step.conclusion[:200]}")
        clash = said[1] == NOTHING and sign(said[0]) == "one"
        require(not clash, f"{where}: what was received contradicts the ontology, and anything would follow")
        self.said[place] = said
        self.links[place] = self.links[step.premises[0]] if step.rule in ("RH", "RDH") else place

    def received(self, where: str, selection: int | None, said: Said, given: Sequence[Said]) -> bool:
        """Whether facts, or the Patient resource, say what a leaf says."""
        (s, t), born, gender = said, self.born, self.document.patient.gender or ""
        if selection is None:
            age = age_at(born, self.at) if born and sign(t) == "data" and t[1] == v.HAS_AGE else None
            told = t in (Class(v.PATIENT), Class(SEXES.get(gender, v.PATIENT)))
            return s == PATIENT and not given and (told or (age is not None and within(age, t[2])))
        chosen = self.selections[selection]
        self.where = f"{where}: of {', '.join(chosen.facts)[:200]}"
        self.count(where, selection, chosen, given)
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
        kind = v.ANSWERED_CONDITION if chosen.role == v.HAS_NOW_AS_ANSWERED else kind
        return t.iri in (chosen.classes or iris(first.code)) and (kind is None or is_a(t, kind, given))

    def count(self, where: str, place: int, chosen: Selection, given: Sequence[Said]) -> None:
        """Whether facts count in a role: of results those of the analyte, and none that has expired."""
        reading, first = chosen.reading, self.facts[chosen.facts[0]]
        of = chosen.above if reading is None else (reading.analyte,)
        of = () if first.kind is FactKind.CONDITION else of
        if place not in self.counted:
            self.counted[place] = counts(chosen, self.facts, self.values, self.at)
        holds, part = self.counted[place]
        for one in chosen.facts if reading is not None else ():
            holds = holds and any(is_a(Class(c), of[0], given) for c in iris(self.facts[one].code))
        limits = [self.values.get((one, "expiresAfter")) for one in of]
        fresh = all(self.at - latest(time_of(first) or "") <= duration(one) for one in limits if one)
        named = chosen.individual == f"urn:kgtwin:fact:{first.id}{part}"
        require(holds and fresh and named, f"{where}: {first.id} does not count as {chosen.role}, or not as the latest")
        earlier = self.chosen.setdefault(("one", chosen.individual), chosen)
        require(earlier.reading == reading, f"{where}: {first.id} is read in two ways")

    def applied(self, said: Said, given: Sequence[Said]) -> bool:
        """Whether the document's rule raises the issue, by what is proven."""
        (rule,) = self.document.rules
        medicines = {one.individual: one.ingredients for one in self.document.medicines}
        require(len(medicines) == len(self.document.medicines), "a medicine is listed twice")
        case = Case(
            rule=rule,
            issue=self.issue,
            at=self.at,
            facts=self.facts,
            given={*given},
            medicines=medicines,
            chosen=self.chosen,
            values=self.values,
        )
        check_rule(case)
        return said == (PATIENT, Class(rule.rule))

    # the issue

    def statement(self) -> None:
        """Whether the document is about the issue that it names, and what OWL EL cannot say."""
        issue, iri = self.issue, to_iri(self.issue.statement)
        made = issue_id(issue.patient, issue.statement, frozenset(issue.ingredients), frozenset(issue.conditions))
        require(made == issue.id, "the issue's id is not that of its patient, statement, ingredients and conditions")
        conclusion = self.said.get(self.document.conclusion)
        require(conclusion == (PATIENT, Class(iri)), "the conclusion is not the issue's statement")
        shown = [one for one in self.document.selections if not (self.document.rules and one.role == v.TOOK_EVER)]
        ids = {one for chosen in shown for one in chosen.facts}
        require(ids <= {*issue.implicated}, "a fact that the proof rests on is not implicated")
        require({*issue.implicated} <= self.facts.keys(), "an implicated fact is missing")
        if self.document.steps[self.document.conclusion].rule == CLINICAL_RULE:
            return
        require(not self.document.rules, "a rule is there that is not applied")
        require(self.values.get((iri, "significance")) == issue.significance, "the significance is not the statement's")
        require(self.values.get((iri, "kind")) == issue.kind, "the kind is not the statement's")
        self.proven = {*self.said.values()}
        medicines = {node for node, one in self.chosen.items() if self.facts[one.facts[0]].kind is FactKind.MEDICATION}
        roles = {v.TAKES_NOW, v.TOOK_EVER, *(role for role, name in self.values if name == "within")}
        roles |= {t[1] for s, t in self.proven if s == PATIENT and sign(t) == "some" and t[2] in medicines}
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
        named = []
        for node in nodes:
            chosen = self.chosen.get(node)
            if chosen is not None:
                read = (chosen.reading.analyte,) if chosen.reading else ()
                named.append({*(chosen.classes or read or iris(self.facts[chosen.facts[0]].code))})
            elif isinstance(node, Class):
                named.append({node.iri})
        conditions = {to_iri(one) for one in self.issue.conditions}
        require(conditions <= set[str]().union(*named), "a condition is not in the proof")
        require(all(conditions & names for names in named), "what the statement is met by is not among the conditions")

    def medicines(self, asked: list[tuple[str, Any]], iri: str) -> None:
        """Whether the medicines are distinct, have the ingredients that the issue names, and are not taken now."""
        flags = {flag for flag in ("needsTwo", "washOut", "sameSubstance") if self.values.get((iri, flag)) in TRUE}
        require(
            asked or not (flags or self.issue.ingredients), "the statement is about medicines, and the proof is not"
        )
        require("needsTwo" not in flags or len(asked) > 1, "the statement needs two medicines")
        held = {one.individual: one for one in self.document.medicines if not one.now}
        require(held.keys() == {node for node, _ in asked}, "a medicine is listed that meets nothing, or is not listed")
        for node, filler in asked:
            self.ingredients(held[node], filler[2])
        for one, other in combinations([held[node] for node, _ in asked], 2) if "sameSubstance" not in flags else ():
            apart = one.individual != other.individual and not {*one.asked} & self.said_to_have(other)
            require(apart and not {*other.asked} & self.said_to_have(one), "two medicines are not distinct")
        named = {curie for node, _ in asked for curie in held[node].asked}
        require(named == {*self.issue.ingredients}, "the issue's ingredients are not those of its medicines")
        if "sameSubstance" in flags:
            self.same_substance({some[2][2] for _, some in asked if some[2][:2] == ("some", v.HAS_ACTIVE_INGREDIENT)})
        if "washOut" in flags:
            ended = [held[node] for node, some in asked if some[1] not in (v.TAKES_NOW, v.TOOK_EVER)]
            self.washed_out({curie for one in ended for curie in one.asked})

    def said_to_have(self, one: Medicine) -> set[str]:
        """The ingredients that are listed of a medicine, and whatever its codes mean."""
        fact = self.facts[one.individual.removeprefix("urn:kgtwin:fact:")]
        return {*one.ingredients, *map(to_curie, iris(*coded_in(fact, v.HAS_ACTIVE_INGREDIENT)))}

    def ingredients(self, one: Medicine, asked: Any) -> None:
        """Whether a medicine is proven to have the ingredients that are asked of it; all, if it has no such one."""
        has = [("some", v.HAS_ACTIVE_INGREDIENT, Class(to_iri(curie))) for curie in one.asked]
        proven = [self.said[place] for place in one.steps] == [(("one", one.individual), some) for some in has]
        require(proven and {*one.asked} <= {*one.ingredients}, f"an ingredient of {one.individual} is not proven")
        links = [part[2] for part in parts(asked) if sign(part) == "some" and part[1] == v.HAS_ACTIVE_INGREDIENT]
        kinds = {part.iri for link in links for part in parts(link) if sign(part) == "class"} - {v.SUBSTANCE}
        fit = all(is_a(some[2], kind, self.proven) for some in has for kind in kinds)
        right = one.asked if kinds or one.ingredients else True
        require(
            right and (fit or {*one.asked} == {*one.ingredients}),
            f"{one.individual} has not the ingredient that is asked for",
        )

    def same_substance(self, held: set[Any]) -> None:
        """The medicine has what the allergy is to, as it is told or as links lead to it, not what that is a kind of.

        What a medicine's coded substance is a form of, a coded substance too, is the substance as well.
        """
        leaves, told = list[Said](), set[int]()
        for place, step in enumerate(self.document.steps):
            if step.rule == RECEIVED:
                leaves.append(self.said[place])
            elif step.rule == "R∃+" or not told.issuperset(step.premises or (-1,)):
                continue
            told.add(place)
        links = [t for _, t in (self.said[place] for place in told) if sign(t) == "some"]
        to = {t[2] for t in links if t[1] in (v.ALLERGIC_TO, v.INTOLERANT_TO)}
        substances = {part for one in to for part in parts(one)} | {c for s, c in leaves if s in to}
        coded = {part for one in to for part in parts(one) if _is_coded(part)} | {s for s, c in leaves if _is_coded(c)}
        forms = {c for s, c in self.proven if s in coded & {*to, *substances} and _is_coded(c)}
        same = held & (substances | forms) - {Class(v.SUBSTANCE)}
        require(same, "the medicine does not have the substance of the allergy")

    def washed_out(self, gone: set[str]) -> None:
        """What is taken now, of all medications, has none of the ingredients that ended."""
        now = {one.individual: {*one.ingredients} for one in self.document.medicines if one.now}
        for fact in [self.facts[one] for one in self.document.medications]:
            if fills(fact, v.TAKES_NOW, None, self.at):
                held = now.get(f"urn:kgtwin:fact:{fact.id}")
                require(held is not None, f"the ingredients of {fact.id}, which is taken now, are not listed")
                codes = iris(*coded_in(fact, v.HAS_ACTIVE_INGREDIENT)) & {to_iri(one) for one in gone}
                clear = not codes and not gone & (held or set())
                require(clear, f"{fact.id} is taken now, and has an ingredient that is said to have ended")
