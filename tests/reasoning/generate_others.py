"""Random axioms that the model keeps as text: inverse, symmetric, functional and disjoint properties."""

from __future__ import annotations

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom
from tests.reasoning.generate import Generator

_OF_ONE = (
    "SymmetricObjectProperty",
    "AsymmetricObjectProperty",
    "FunctionalObjectProperty",
    "InverseFunctionalObjectProperty",
)
_OF_TWO = ("InverseObjectProperties", "DisjointObjectProperties")


def others(generator: Generator) -> list[Axiom]:
    """Up to four, about roles that no chain leads to, as OWL 2 DL asks for."""
    random, roles = generator.random, generator.simple
    if not roles:
        return []
    found: list[Axiom] = []
    for _ in range(random.randint(0, 3)):
        if random.random() < 0.5 or len(roles) < 2:
            found.append(_other(random.choice(_OF_ONE), random.choice(roles)))
        else:
            found.append(_other(random.choice(_OF_TWO), *random.sample(roles, 2)))
    if random.random() < 0.5:
        role, one, other = random.choice(roles), *random.choices(generator.classes, k=2)
        text = f"ObjectSomeValuesFrom(ObjectInverseOf(<{role}>) <{one.iri}>)"
        inverse = owl.Unsupported("ObjectInverseOf", text, (role, one.iri))
        found.append(owl.SubClassOf(inverse, other) if random.random() < 0.5 else owl.SubClassOf(other, inverse))
    return found


def _other(construct: str, *roles: str) -> Axiom:
    return owl.OtherAxiom(construct, f"{construct}({' '.join(f'<{role}>' for role in roles)})", roles)
