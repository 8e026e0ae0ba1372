"""Patients and the ontology as HermiT takes them: many patients side by side, and numbers turned into classes.

Each interval that the ontology asks for becomes a class. Whatever has a value within it is in that class, and an
interval is below each one that it lies within. HermiT is not told what else is said of numbers: `left_out` counts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from typing import Any

import msgspec

from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataSomeValuesFrom,
    Interval,
    SubClassOf,
)


def name_for(patient: str) -> str:
    """The individual that stands for one of many patients."""
    return f"{PATIENT_INDIVIDUAL}/{patient}"


class Told:
    """An ontology without numbers, and how to tell patients' numbers beside it."""

    def __init__(self, axioms: Iterable[Axiom]) -> None:
        self._asked: dict[DataSomeValuesFrom, Class] = {}
        self.left_out: Counter[str] = Counter()
        self.axioms: list[Axiom] = []
        domains: list[DataPropertyDomain] = []
        for axiom in axioms:
            if isinstance(axiom, DataPropertyDomain):
                domains.append(axiom)
                continue
            told = self._without_numbers(axiom)
            if any(_about_numbers(told)):
                self.left_out[type(axiom).__name__] += 1
            else:
                self.axioms.append(told)
        self.axioms += [
            SubClassOf(one, domain.domain)
            for domain in domains
            for asked, one in self._asked.items()
            if asked.property == domain.property
        ]
        self.axioms += list(self._nested())

    @property
    def numbers(self) -> frozenset[str]:
        """The classes that stand for intervals."""
        return frozenset(one.iri for one in self._asked.values())

    def patient(self, key: str, box: ABox) -> Iterator[Assertion]:
        """What is asserted of one of many patients."""
        for assertion in box.assertions:
            renamed = _renamed(assertion, {PATIENT_INDIVIDUAL: name_for(key)})
            if isinstance(renamed, DataPropertyAssertion):
                yield from self._valued(renamed)
            else:
                yield renamed

    def _valued(self, told: DataPropertyAssertion) -> Iterator[ClassAssertion]:
        assert isinstance(told.range, Interval), "patients have decimal numbers"
        for asked, one in self._asked.items():
            if asked.property == told.property and told.range.within(_interval(asked)):
                yield ClassAssertion(told.subject, one)

    def _nested(self) -> Iterator[SubClassOf]:
        for (one, sub), (other, sup) in permutations(self._asked.items(), 2):
            if one.property == other.property and _interval(one).within(_interval(other)):
                yield SubClassOf(sub, sup)

    def _without_numbers(self, value: Any) -> Any:
        match value:
            case DataSomeValuesFrom(range=Interval()):
                return self._asked.setdefault(value, Class(f"urn:kgtwin:number:{len(self._asked)}"))
            case tuple():
                return tuple(map(self._without_numbers, value))
            case msgspec.Struct():
                return type(value)(*(self._without_numbers(getattr(value, name)) for name in value.__struct_fields__))
        return value


def _interval(asked: DataSomeValuesFrom) -> Interval:
    assert isinstance(asked.range, Interval), "only these become classes"
    return asked.range


def _about_numbers(value: Any) -> Iterator[bool]:
    """Something for each part that speaks of data."""
    if isinstance(value, tuple):
        for one in value:
            yield from _about_numbers(one)
    elif isinstance(value, msgspec.Struct):
        if "Data" in type(value).__name__:
            yield True
        for name in value.__struct_fields__:
            yield from _about_numbers(getattr(value, name))


def _renamed(assertion: Assertion, names: Mapping[str, str]) -> Assertion:
    own = {
        field: names[getattr(assertion, field)]
        for field in ("individual", "subject", "object")
        if getattr(assertion, field, None) in names
    }
    return msgspec.structs.replace(assertion, **own)
