"""The candidates of a class: its ingredients and combinations, and the ways to take each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge import Knowledge, existentials
from kgtwin.inference.knowledge.coverage import Coverages
from kgtwin.inference.whatif.changing import MEDICINES, Changing
from kgtwin.model.alternative import Apart, Basis, Named
from kgtwin.model.concept import Coded
from kgtwin.vocabulary import HAS_ROUTE, LOCAL_ROUTE, ROUTE, SYSTEMIC_ROUTE, kgtwin

LOCAL_FORMS_ONLY = kgtwin("localFormsOnly")
BY_MECHANISM_ALONE = kgtwin("byMechanismAlone")


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One way to take a medicine: what is started, and by which route (None: as the product has it, or not known).

    ``routes`` are the known ones (IRIs), ``label`` what they are called; ``local`` is None where they are not known.
    """

    code: Coded
    route: Coded | None = None
    routes: frozenset[str] = frozenset()
    label: str | None = None
    basis: Basis = Basis.PRODUCTS
    local: bool | None = None
    product: Named | None = None
    assumptions: tuple[str, ...] = ()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An ingredient, or several that come in one product (IRIs), with the ways to take it."""

    ingredients: frozenset[str]
    medicine: str
    label: str
    ways: tuple[Given, ...]
    apart: Apart | None = None


class Candidates:
    """The candidates of a class, by one knowledge; with a stated ``route`` each is taken by that one."""

    def __init__(self, changing: Changing, coverages: Coverages, route: Coded | None) -> None:
        self._changing, self._coverages, self._route = changing, coverages, route
        self._knowledge: Knowledge = changing.knowledge

    def of(self, group: str, *, products: bool) -> list[Candidate]:
        """The ingredients of a class, of a substance and its salts the substance; with ``products`` combinations too.

        A class that has no ingredients (a product, a class of products) has its products.
        """
        below = self._knowledge.classification.descendants(group) | {group}
        ingredients = below & self._knowledge.medicines.ingredients
        inside = frozenset(one for one in ingredients if not self._above(one, ingredients))
        of_products: dict[frozenset[str], list[str]] = {}
        for iri in self._products(below) if products or not inside else ():
            held = self._knowledge.medicines.products[iri].ingredients
            bases = frozenset(self._base(one, inside) for one in held) or frozenset({iri})
            of_products.setdefault(bases, []).append(iri)
        found = [self._ingredient(one, group, of_products.pop(frozenset({one}), ())) for one in sorted(inside)]
        return [*found, *(self._of_products(held, some) for held, some in of_products.items())]

    def _products(self, below: frozenset[str]) -> Iterator[str]:
        for iri, one in self._knowledge.medicines.products.items():
            if one.ingredients & below or iri in below:
                yield iri

    def _base(self, ingredient: str, inside: frozenset[str]) -> str:
        """A salt's substance: the ingredient of the class that it is or lies below, else the topmost one."""
        if ingredient in inside:
            return ingredient
        known = self._knowledge.medicines.ingredients
        above = self._above(ingredient, inside) or {
            one for one in self._above(ingredient, known) if not self._above(one, known)
        }
        return min(above, default=ingredient)

    def _above(self, one: str, others: frozenset[str]) -> frozenset[str]:
        """Those of others that lie strictly above."""
        tree = self._knowledge.classification
        return frozenset(a for a in tree.ancestors(one) & others if not tree.is_subclass_of(a, one))

    def _ingredient(self, iri: str, group: str, products: Iterable[str]) -> Candidate:
        own = self._code(iri)
        ways = (self._stated(own),) if self._route is not None else tuple(self._ways(iri, own))
        return Candidate(
            ingredients=frozenset({iri}),
            medicine=to_curie(iri),
            label=self._knowledge.label(iri),
            ways=(*ways, *map(self._product, products)),
            apart=self._apart(iri, group, ways),
        )

    def _of_products(self, held: frozenset[str], products: list[str]) -> Candidate:
        """A combination; or what the class has as products alone."""
        ways = tuple(map(self._product, products))
        label = " / ".join(sorted((self._knowledge.label(one) for one in held), key=str.casefold))
        one = ways[0].product if len(ways) == 1 and len(held) == 1 else None
        return Candidate(
            ingredients=held,
            medicine=one.medicine if one else "+".join(sorted(map(to_curie, held))),
            label=one.label if one else label,
            ways=ways,
            apart=Apart.COMBINATION if len(held) > 1 else None,
        )

    def _apart(self, iri: str, group: str, ways: Iterable[Given]) -> Apart | None:
        if group in self._knowledge.ontology.values(iri, BY_MECHANISM_ALONE):
            return Apart.MECHANISM
        known = [one.local for one in ways if one.basis is not Basis.ASKED]
        return Apart.LOCAL if known and all(known) else None

    # ways

    def _ways(self, iri: str, own: Coded) -> Iterator[Given]:
        """By the routes of the known products; where none is known, systemic, and local if it may be given so.

        Where neither is known nor asked for by any statement, the route stays open.
        """
        known = self._knowledge.medicines.routes.get(iri, Counter[str]())
        local = sorted((one for one in known if self._is_local(one)), key=self._knowledge.label)
        if known and all(self._knowledge.is_a(one, SYSTEMIC_ROUTE) for one in known):
            yield self._usual(own)
            return
        if not known and self._only_local(iri):
            yield self._supposed(own, LOCAL_ROUTE)
        elif not known and self._knowledge.by_ingredient.may_be_local(iri):
            yield self._supposed(own, SYSTEMIC_ROUTE)
            yield self._supposed(own, LOCAL_ROUTE)
        elif not known:
            yield self._supposed(own, SYSTEMIC_ROUTE) if self._matters(own) else self._usual(own)
        systemic = [one for one in known if not self._is_local(one)]
        if systemic:
            shared = systemic[0] if len(systemic) == 1 else self._shared(systemic)
            yield self._by(own, shared, Basis.PRODUCTS)
        for one in local:
            yield self._by(own, one, Basis.PRODUCTS)

    def _usual(self, own: Coded) -> Given:
        route, assumptions = self._changing.usual_route(own)
        if route is None:
            return Given(code=own, basis=Basis.UNKNOWN, assumptions=assumptions)
        iri = self._changing.knowns(route)[0]
        return Given(
            code=own,
            route=route,
            routes=frozenset({iri}),
            label=self._knowledge.label(iri),
            local=self._is_local(iri),
            assumptions=assumptions,
        )

    def _shared(self, routes: Iterable[str]) -> str:
        return SYSTEMIC_ROUTE if all(self._knowledge.is_a(one, SYSTEMIC_ROUTE) for one in routes) else ROUTE

    def _supposed(self, own: Coded, route: str) -> Given:
        return self._by(own, route, Basis.SUPPOSED)

    def _by(self, own: Coded, route: str, basis: Basis) -> Given:
        label, name = self._knowledge.label(route), own.text or own.name
        why = "as known products of it are" if basis is Basis.PRODUCTS else "which is supposed: no product is known"
        return Given(
            code=own,
            route=self._changing.names.coded(to_curie(route), (ROUTE,), "route"),
            routes=frozenset({route}),
            label=label,
            basis=basis,
            local=self._is_local(route),
            assumptions=(f"{name} is given by the {label.lower()}, {why}",),
        )

    def _stated(self, own: Coded) -> Given:
        assert self._route is not None, "a route is stated"
        iri = next(iter(self._changing.knowns(self._route)), None)
        label = self._knowledge.label(iri) if iri else self._route.name
        local = self._is_local(iri) if iri else None
        routes = frozenset({iri} if iri else ())
        return Given(code=own, route=self._route, routes=routes, label=label, basis=Basis.ASKED, local=local)

    def _product(self, iri: str) -> Given:
        """A product; its own routes count, a stated one where it has none."""
        routes = self._knowledge.medicines.products[iri].routes
        labels = " or ".join(sorted(map(self._knowledge.label, routes)))
        return Given(
            code=self._code(iri),
            route=None if routes else self._route,
            routes=routes,
            label=labels or None,
            local=all(map(self._is_local, routes)) if routes else None,
            product=Named(to_curie(iri), self._knowledge.label(iri)),
        )

    def _code(self, iri: str) -> Coded:
        return self._changing.names.coded(to_curie(iri), MEDICINES, "medicine")

    def _is_local(self, route: str) -> bool:
        return self._knowledge.is_a(route, LOCAL_ROUTE)

    def _only_local(self, iri: str) -> bool:
        return self._knowledge.ontology.value(iri, LOCAL_FORMS_ONLY) in ("true", "1")

    def _matters(self, own: Coded) -> bool:
        """Whether some statement about it asks for a route."""
        statements = (self._knowledge.statements[one] for one in self._coverages.specific(own))
        roles = self._knowledge.roles.medicines
        return any(
            existentials(conjunct.filler, HAS_ROUTE)
            for statement in statements
            for conjunct in (statement.definition.conjuncts if statement.definition else ())
            if conjunct.property in roles
        )
