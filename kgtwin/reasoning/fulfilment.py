"""Where a canonical model breaks what the engine did not use; what may be broken counts as broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from kgtwin.model.axioms import ClassExpression
from kgtwin.model.data_ranges import disjoint, is_single
from kgtwin.reasoning.canonical import CanonicalModel
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import (
    BOTTOM_PROPERTY,
    THING,
    TOP_PROPERTY,
    Condition,
    DataRangeGap,
    FunctionalData,
    Inclusion,
    OneIndividual,
    OpenRule,
    Other,
    RangeGap,
    Separation,
    UndecidedNumber,
    assumptions,
)
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.undecided import narrowed, open_at, tells_more, undecided


class Fulfilment:
    """Checks the elements of a model, of a closure that lies on top of ``base`` or is it.

    ``inert`` says of a role that more of its links would make no difference.
    """

    def __init__(self, model: CanonicalModel, base: Closure, inert: Callable[[str], bool]) -> None:
        self.model, self._base, self._inert = model, base, inert
        self._assumptions: dict[Condition, list[ClassExpression]] = {}
        self._open: dict[int, tuple[UndecidedNumber, ...]] = {}

    def breaks(self, y: int, condition: Condition) -> bool:
        """Whether an element breaks a condition, or may do so."""
        model = self.model
        if model.surprises(y, self._assumed(condition)):
            return True
        match condition:
            case Inclusion(sub, sup):
                return model.truth(y, sub) is not False and model.truth(y, sup) is not True
            case Separation(operands):
                return sum(model.truth(y, one) is not False for one in operands) > 1
            case RangeGap(role, found):
                return any(model.truth(z, found) is not True for z in model.targets(y, role))
            case OneIndividual(individual):
                return self._is_more(y, individual)
            case Other():
                return self._breaks_other(y, condition)
        return self._breaks_data(y, condition)

    def _assumed(self, condition: Condition) -> list[ClassExpression]:
        found = self._assumptions.get(condition)
        if found is None:
            found = self._assumptions[condition] = assumptions(condition)
        return found

    def _is_more(self, y: int, individual: str) -> bool:
        """Whether an element is below an individual and more than that is known to be."""
        index, extension = self.model.view.index, self.model.view.extension
        known = None if extension is None else extension.individuals.get(individual)
        known = index.individual_atom(individual) if known is None else known
        one = self.model.element(y)
        return known in self.model.individuals(y) and known is not None and self.model.element(known) != one

    # data

    def _open_at(self, y: int) -> tuple[UndecidedNumber, ...]:
        found = self._open.get(y)
        if found is None:
            found = self._open[y] = open_at(self.model.view, y)
        return found

    def _breaks_data(self, y: int, condition: Condition) -> bool:
        view = self.model.view
        match condition:
            case DataRangeGap(data_property, found):
                entity = view.index.entity(data_property)
                values = self.model.data(y, data_property)
                return any((entity, found) in narrowed(view.index, one).lost for one in values)
            case FunctionalData(data_property):
                values = self.model.data(y, data_property)
                return any(tells_more(view.index, one, other) for one, other in combinations(values, 2))
            case UndecidedNumber(_, _, _, atom):
                return atom in view.closure.subsumers(y) and undecided(view, self._base, y, atom, self._open_at(y))
            case OpenRule(properties, everywhere):
                values = [one for name in properties for one in self.model.data(y, name)]
                return bool(self.model.individuals(y)) and (everywhere or not all(is_single(v.range) for v in values))
        raise TypeError(type(condition))

    # axioms of which construct and names are known

    def _breaks_other(self, y: int, condition: Other) -> bool:
        construct, names = condition
        if TOP_PROPERTY in names:
            return True
        check = _CHECKS.get(construct)
        if check is not None:
            is_of_data = "Object" in construct and any(self.model.data(y, name) for name in names)
            return is_of_data or check(self, y, names)
        if construct in _OF_ROLES:
            return any(self.model.has(y, name) for name in names)
        if construct in _OF_INDIVIDUALS:
            return bool(self.model.individuals(y))
        return True

    def _not_symmetric(self, y: int, names: Sequence[str]) -> bool:
        return self._not_inverse(y, (*names, *names))

    def _not_inverse(self, y: int, names: Sequence[str]) -> bool:
        """Whether some link has none back; told links are looked at first, as they are found at less cost."""
        ways, model = ((names[0], names[-1]), (names[-1], names[0])), self.model
        told = (self._no_way_back(y, model.told_targets(y, role), back) for role, back in ways)
        return any(told) or any(self._no_way_back(y, model.targets(y, role), back) for role, back in ways)

    def _no_way_back(self, y: int, targets: Iterable[int], back: str) -> bool:
        if back != BOTTOM_PROPERTY and self._inert(back):
            return False
        return any(not self._leads_back(y, z, back) for z in targets)

    def _leads_back(self, y: int, z: int, role: str) -> bool:
        """Whether a role leads from z to y; in an unfolded model only individuals are led back to."""
        model = self.model
        if model.unfolded and not model.view.is_individual(model.element(y)):
            return False
        one = model.element(y)
        return (y == z or model.is_led_to(one)) and one in model.targets(z, role)

    def _not_asymmetric(self, y: int, names: Sequence[str]) -> bool:
        one = self.model.element(y)
        return any(one in self.model.targets(z, names[0]) for z in self.model.targets(y, names[0]))

    def _not_functional(self, y: int, names: Sequence[str]) -> bool:
        told = set(self.model.told_targets(y, names[0]))
        return len(told) > 1 or self.model.at_least(y, 2, names[0], THING) is not False

    def _not_inverse_functional(self, y: int, names: Sequence[str]) -> bool:
        """In an unfolded model, only one thing leads to what is no individual."""
        model, targets = self.model, self.model.targets(y, names[0])
        known = model.is_composed(names[0]) or model.element(y) in targets or not model.unfolded
        return bool(targets) and (known or any(map(model.view.is_individual, targets)))

    def _not_disjoint(self, y: int, names: Sequence[str]) -> bool:
        found = [set(self.model.targets(y, name)) for name in names]
        return len(names) < 2 or any(not one.isdisjoint(other) for one, other in combinations(found, 2))

    def _not_disjoint_data(self, y: int, names: Sequence[str]) -> bool:
        found = [self.model.data(y, name) for name in names]
        return len(names) < 2 or any(_share(one, other) for one, other in combinations(found, 2))

    def _has_data(self, y: int, _names: Sequence[str]) -> bool:
        """Whether there is any value that could be of a datatype."""
        return bool(self.model.all_data(y))


def _share(one: Sequence[DataAtom], other: Sequence[DataAtom]) -> bool:
    return any(not disjoint(a.range, b.range) for a in one for b in other)


_CHECKS: dict[str, Callable[[Fulfilment, int, Sequence[str]], bool]] = {
    "SymmetricObjectProperty": Fulfilment._not_symmetric,
    "InverseObjectProperties": Fulfilment._not_inverse,
    "AsymmetricObjectProperty": Fulfilment._not_asymmetric,
    "FunctionalObjectProperty": Fulfilment._not_functional,
    "InverseFunctionalObjectProperty": Fulfilment._not_inverse_functional,
    "DisjointObjectProperties": Fulfilment._not_disjoint,
    "DisjointDataProperties": Fulfilment._not_disjoint_data,
    "DatatypeDefinition": Fulfilment._has_data,
}
_OF_ROLES = frozenset(
    {
        "EquivalentObjectProperties",
        "InverseOf",
        "IrreflexiveObjectProperty",
        "ObjectPropertyDomain",
        "ObjectPropertyRange",
        "SubObjectPropertyOf",
        "TransitiveObjectProperty",
    }
)
"""They say nothing where no role in them leads anywhere."""
_OF_INDIVIDUALS = frozenset({"HasKey"})
"""They say something of individuals alone, and name none."""
