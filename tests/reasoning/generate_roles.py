"""Random role boxes: regular ones that every reasoner takes, and any whatever."""

from __future__ import annotations

from random import Random

from kgtwin.model.axioms import (
    Axiom,
    EquivalentObjectProperties,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)


def regular(random: Random, roles: list[str]) -> tuple[list[Axiom], set[str]]:
    """Axioms whose chains have roles before their result, but for one at an end; and the roles that chains lead to."""
    axioms: list[Axiom] = []
    results: set[int] = set()
    edges: list[tuple[int, int]] = []
    for k in range(1, len(roles)):
        kind = random.random()
        earlier = [random.randrange(k) for _ in range(random.randint(2, 3))]
        if kind < 0.3:
            edges.append((earlier[0], k))
            axioms.append(SubObjectPropertyOf((roles[earlier[0]],), roles[k]))
        elif kind < 0.5:
            results.add(k)
            axioms.append(TransitiveObjectProperty(roles[k]))
        elif kind < 0.85:
            results.add(k)
            chain = random.choice([earlier, [k, *earlier[1:]], [*earlier[1:], k]])
            axioms.append(SubObjectPropertyOf(tuple(roles[i] for i in chain), roles[k]))
    for sub, sup in sorted(edges):
        if sub in results:
            results.add(sup)
    return axioms, {roles[i] for i in results}


def irregular(random: Random, roles: list[str]) -> tuple[list[Axiom], set[str]]:
    """Cycles of inclusions and of chains, equivalent roles; and the roles that chains lead to."""
    axioms: list[Axiom] = []
    for _ in range(random.randint(1, 2 * len(roles))):
        kind = random.random()
        if kind < 0.35:
            axioms.append(SubObjectPropertyOf((random.choice(roles),), random.choice(roles)))
        elif kind < 0.45:
            axioms.append(
                EquivalentObjectProperties(tuple(random.sample(roles, min(len(roles), random.randint(2, 3)))))
            )
        elif kind < 0.55:
            axioms.append(TransitiveObjectProperty(random.choice(roles)))
        else:
            chain = tuple(random.choice(roles) for _ in range(random.choice((2, 2, 2, 3, 4))))
            axioms.append(SubObjectPropertyOf(chain, random.choice(roles)))
    return axioms, composed(axioms)


def composed(axioms: list[Axiom]) -> set[str]:
    """The roles that chains lead to, directly or by way of the hierarchy."""
    found: set[str] = set()
    while True:
        before = len(found)
        for axiom in axioms:
            match axiom:
                case TransitiveObjectProperty(role):
                    found.add(role)
                case SubObjectPropertyOf(chain, sup) if len(chain) > 1 or chain[0] in found:
                    found.add(sup)
                case EquivalentObjectProperties(operands) if found & set(operands):
                    found.update(operands)
        if len(found) == before:
            return found
