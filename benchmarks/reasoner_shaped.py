"""Generates ontologies shaped like SNOMED CT: hierarchies, role groups, definitions, chains; nothing in them is real.

Usage::

    python benchmarks/reasoner_shaped.py CLASSES OUT.ofn [--seed N]

The same numbers give the same file. Every class but the hierarchies' tops is one axiom: its parents and, by its
hierarchy's template, existential restrictions with classes of another hierarchy (or its own) as fillers; two in five
findings, procedures, products and events are defined by what they have.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BASE = "https://example.org/clinical/"
GROUP = "roleGroup"
_DEFINED, _SECOND_GROUP, _SECOND_PARENT, _STRAY = 0.4, 0.15, 0.35, 0.25
"""Shares: of defined classes, of those with two role groups, of those with two parents, of parents from any depth."""
_SKEW = 1.2
"""Fillers are drawn more often from a hierarchy's upper classes: place = size · u^skew, u uniform."""


class Attribute(NamedTuple):
    """A role that a class of some hierarchy has, with this probability, to one of another hierarchy."""

    role: str
    target: str
    probability: float


class Hierarchy(NamedTuple):
    """A hierarchy's share of all classes, and the template of its classes; without groups, attributes stand alone."""

    share: float
    attributes: tuple[Attribute, ...] = ()
    grouped: bool = True
    defines: bool = False


HIERARCHIES = {
    "body": Hierarchy(0.12, (Attribute("partOf", "body", 0.08),), grouped=False),
    "morphology": Hierarchy(0.02),
    "organism": Hierarchy(0.10),
    "substance": Hierarchy(0.08),
    "qualifier": Hierarchy(0.03),
    "product": Hierarchy(
        0.06,
        (Attribute("hasIngredient", "substance", 1.0), Attribute("hasIngredient", "substance", 0.25)),
        defines=True,
    ),
    "finding": Hierarchy(
        0.37,
        (
            Attribute("findingSite", "body", 0.8),
            Attribute("associatedMorphology", "morphology", 0.6),
            Attribute("causativeAgent", "organism", 0.2),
            Attribute("causativeAgent", "substance", 0.08),
            Attribute("dueTo", "finding", 0.07),
            Attribute("interprets", "qualifier", 0.05),
        ),
        defines=True,
    ),
    "procedure": Hierarchy(
        0.20,
        (
            Attribute("procedureSite", "body", 0.8),
            Attribute("method", "qualifier", 0.95),
            Attribute("hasIngredient", "substance", 0.1),
            Attribute("associatedMorphology", "morphology", 0.15),
        ),
        defines=True,
    ),
    "event": Hierarchy(0.02, (Attribute("causativeAgent", "substance", 0.7),), defines=True),
}
_ROLE_AXIOMS = (
    "TransitiveObjectProperty(:partOf)",
    "SubObjectPropertyOf(ObjectPropertyChain(:findingSite :partOf) :findingSite)",
    "SubObjectPropertyOf(ObjectPropertyChain(:procedureSite :partOf) :procedureSite)",
    "SubObjectPropertyOf(:dueTo :causativeAgent)",
)


def lines(classes: int, seed: int) -> Iterator[str]:
    """The file, line by line."""
    draw = random.Random(seed)
    yield from (f"Prefix(:=<{BASE}>)", "Prefix(owl:=<http://www.w3.org/2002/07/owl#>)", f"Ontology(<{BASE}ontology>")
    roles = sorted({attribute.role for each in HIERARCHIES.values() for attribute in each.attributes} | {GROUP})
    yield from (f"Declaration(ObjectProperty(:{role}))" for role in roles)
    yield from _ROLE_AXIOMS
    places = _places(classes)
    for name, members in places.items():
        for number in members:
            yield f"Declaration(Class(:{number}))"
            if number != members.start:
                yield _axiom(number, HIERARCHIES[name], members, places, draw)
    yield ")"


def _places(classes: int) -> dict[str, range]:
    """Which numbers the classes of each hierarchy have."""
    found: dict[str, range] = {}
    start = 1
    for name, hierarchy in HIERARCHIES.items():
        found[name] = range(start, start + max(3, round(classes * hierarchy.share)))
        start = found[name].stop
    return found


def _axiom(number: int, hierarchy: Hierarchy, members: range, places: dict[str, range], draw: random.Random) -> str:
    parents = {_parent(number, members, draw)}
    if draw.random() < _SECOND_PARENT:
        parents.add(_parent(number, members, draw))
    parts = [f":{parent}" for parent in sorted(parents)]
    for _ in range(2 if draw.random() < _SECOND_GROUP else 1):
        restrictions = [
            f"ObjectSomeValuesFrom(:{attribute.role} :{_filler(places[attribute.target], draw)})"
            for attribute in hierarchy.attributes
            if draw.random() < attribute.probability
        ]
        if restrictions and hierarchy.grouped:
            parts.append(f"ObjectSomeValuesFrom(:{GROUP} {_all_of(restrictions)})")
        else:
            parts += restrictions
    defined = hierarchy.defines and len(parts) > 1 and draw.random() < _DEFINED
    return f"{'EquivalentClasses' if defined else 'SubClassOf'}(:{number} {_all_of(parts)})"


def _all_of(parts: list[str]) -> str:
    different = list(dict.fromkeys(parts))
    return different[0] if len(different) == 1 else f"ObjectIntersectionOf({' '.join(different)})"


def _parent(number: int, members: range, draw: random.Random) -> int:
    """An earlier class: mostly as in a tree with 3 to 15 children a class, else nearer to the top."""
    place = number - members.start
    if draw.random() < _STRAY:
        return members.start + int(place * draw.random() ** 2.5)
    return members.start + int(place / (3 + draw.random() * 12))


def _filler(members: range, draw: random.Random) -> int:
    return members.start + int(len(members) * draw.random() ** _SKEW)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("classes", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with asked.out.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines(asked.classes, asked.seed))


if __name__ == "__main__":
    main()
