"""Consents of every form, for tests that hold of any."""

from __future__ import annotations

from datetime import datetime

import msgspec
from hypothesis import strategies as st

from kgtwin.identifiers import to_curie
from kgtwin.model.consent import Consent, Decision, Permission, Rule
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.time import Period
from tests.inference.crowd import NOW, Crowd

SOURCES = ("crowd", "clinic")
EVERYTHING = Consent(rule=Rule(type=Decision.PERMIT), otherwise=Decision.PERMIT)
NOTHING = Consent(rule=Rule(type=Decision.DENY), otherwise=Decision.DENY)


def for_treatment(consent: Consent, moment: datetime = NOW) -> Permission:
    return consent.for_use("TREAT", moment)


def denying(**criteria: object) -> Permission:
    """A consent to everything but what the criteria say."""
    rule = msgspec.convert({"type": "deny", **criteria}, Rule)
    return for_treatment(Consent(rule=rule, otherwise=Decision.PERMIT))


def of_two_sources(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The same facts, every third one from another source."""
    return tuple(
        msgspec.structs.replace(fact, provenance=msgspec.structs.replace(fact.provenance, source="clinic"))
        if number % 3 == 0
        else fact
        for number, fact in enumerate(facts)
    )


PERIODS = st.none() | st.builds(
    Period, st.sampled_from([None, "2021", "2025-06", "2026-01-10"]), st.sampled_from([None, "2025", "2026", "2027-01"])
)
PURPOSES = st.lists(st.sampled_from(["TREAT", "ETREAT", "HRESCH", "PurposeOfUse"]), max_size=1)


def consents(crowd: Crowd) -> st.SearchStrategy[Consent]:
    """Consents about the things that a crowd has."""
    named = [*crowd.medicines, *crowd.conditions, *crowd.substances, *crowd.traits, *crowd.analytes]
    classes = st.lists(st.sampled_from(sorted(map(to_curie, named))), max_size=2)

    def rule(nested: st.SearchStrategy[list[Rule]]) -> st.SearchStrategy[Rule]:
        return st.builds(
            Rule,
            type=st.sampled_from(Decision),
            kinds=st.lists(st.sampled_from(FactKind), max_size=2).map(tuple),
            resource_types=st.lists(st.sampled_from(["Condition", "Medication", "Observation"]), max_size=1).map(tuple),
            classes=classes.map(tuple),
            sources=st.lists(st.sampled_from(SOURCES), max_size=1).map(tuple),
            data_period=PERIODS,
            purposes=PURPOSES.map(tuple),
            period=PERIODS,
            rules=nested.map(tuple),
        )

    inner = rule(st.just([]))
    middle = rule(st.lists(inner, max_size=2))
    return st.builds(Consent, rule=rule(st.lists(middle, max_size=2)), otherwise=st.sampled_from(Decision))
