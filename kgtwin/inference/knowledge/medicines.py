"""Medicines as the ontology models them: ingredients, their groups, products, and the routes that these have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.model.axioms import Class, ClassExpression, ObjectIntersectionOf
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_ROUTE, MEDICINAL_PRODUCT, PREFIXES, ROUTE, SUBSTANCE

MEDICINE_CODES: Final = frozenset({"rxnorm", "unii"})
"""The code systems whose substances are ingredients of medicines."""


class Product(msgspec.Struct, frozen=True):
    """A product's active ingredients and routes, as IRIs: the most specific known ones."""

    ingredients: frozenset[str]
    routes: frozenset[str]


class Medicines(msgspec.Struct, frozen=True):
    """``products`` by IRI; ``ingredients`` are the substances that are no group of others; ``routes`` counts, for an
    ingredient, the products that have each route."""

    products: dict[str, Product]
    ingredients: frozenset[str]
    routes: dict[str, Counter[str]]


def medicines(classification: Classification) -> Medicines:
    """What a classified ontology says about medicines."""
    products = {iri: _product(iri, classification) for iri in sorted(_below(MEDICINAL_PRODUCT, classification))}
    named_by_products = {one for product in products.values() for one in product.ingredients}
    substances = _below(SUBSTANCE, classification)
    ingredients = frozenset(
        iri for iri in substances if iri in named_by_products or _is_ingredient(iri, classification)
    )
    routes: dict[str, Counter[str]] = {}
    for product in products.values():
        for ingredient in product.ingredients:
            routes.setdefault(ingredient, Counter()).update(product.routes)
    return Medicines(products, ingredients, routes)


def held(classification: Classification, iri: str) -> frozenset[str]:
    """The ingredients of a known product and all that these are; of a substance, too, itself."""
    found = _names(classification.successors(iri, HAS_ACTIVE_INGREDIENT))
    is_one = SUBSTANCE in classification.classes and classification.is_subclass_of(iri, SUBSTANCE)
    return found.union([iri] if is_one else ()) - {SUBSTANCE}


def bases(iri: str, classification: Classification) -> tuple[str, ...]:
    """What a medicine's substance is a salt, an ester or another form of: the coded ingredients above it, sorted.

    A group of medicines has no code of these systems: an allergy to one medicine says nothing about its group.
    """
    if not _is_coded(iri) or iri not in classification.classes:
        return ()
    return tuple(sorted(filter(_is_coded, classification.ancestors(iri) - {iri})))


def _is_coded(iri: str) -> bool:
    return to_curie(iri).partition(":")[0] in MEDICINE_CODES


def _below(iri: str, classification: Classification) -> frozenset[str]:
    return classification.descendants(iri) if iri in classification.classes else frozenset()


def _is_ingredient(iri: str, classification: Classification) -> bool:
    """Coded as a medicine's substance; of ours, one that groups no others."""
    prefix = to_curie(iri).partition(":")[0]
    if prefix in MEDICINE_CODES:
        return True
    return (prefix == "kgtwin" or prefix not in PREFIXES) and not classification.descendants(iri)


def _product(iri: str, classification: Classification) -> Product:
    ingredients = _names(classification.successors(iri, HAS_ACTIVE_INGREDIENT)) - {SUBSTANCE}
    routes = _names(classification.successors(iri, HAS_ROUTE)) - {ROUTE}
    return Product(_specific(ingredients, classification), _specific(routes, classification))


def _names(nodes: Iterable[str | ClassExpression]) -> frozenset[str]:
    """The named classes among successors, the conjuncts of an intersection each."""
    found: set[str] = set()
    for node in nodes:
        operands = node.operands if isinstance(node, ObjectIntersectionOf) else (node,)
        found |= {one if isinstance(one, str) else one.iri for one in operands if isinstance(one, str | Class)}
    return frozenset(found)


def _specific(iris: frozenset[str], classification: Classification) -> frozenset[str]:
    """Those that have no other one below them."""
    is_a = classification.is_subclass_of
    return frozenset(a for a in iris if not any(a != b and is_a(b, a) and not is_a(a, b) for b in iris))
