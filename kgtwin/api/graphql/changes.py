"""Changes of a what-if as a query writes them: one input type a kind of change, one of them an entry."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from kgtwin.errors import UsageError
from kgtwin.model import simulation as values

WHEN = "A FHIR date, or an xsd:duration after the evaluation time; null is the evaluation time."


@strawberry.input(description="A medicine is taken from then on.")
class StartMedicine:
    medicine: str = strawberry.field(description="Label or CURIE of an ingredient or product.")
    route: str | None = strawberry.field(default=None, description="Label or CURIE of a route.")
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.StartMedicine(self.medicine, self.route, self.when)


@strawberry.input(description="Every medicine then taken that is, or holds, what is named ends.")
class StopMedicine:
    medicine: str = strawberry.field(description="Label, CURIE, `MedicationRequest/m1`, or a class of medicines.")
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.StopMedicine(self.medicine, self.when)


@strawberry.input(description="One medicine is stopped, another one started.")
class ChangeMedicine:
    medicine: str
    to: str
    route: str | None = None
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.ChangeMedicine(self.medicine, self.to, self.route, self.when)


@strawberry.input(description="A final result.")
class SetResult:
    analyte: str = strawberry.field(description="Label, short name or code: `potassium`, `loinc:2823-3`.")
    value: Decimal
    unit: str | None = strawberry.field(default=None, description="UCUM, or a usual spelling of it.")
    comparator: str | None = strawberry.field(default=None, description="`<`, `<=`, `>` or `>=`.")
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.SetResult(self.analyte, self.value, self.unit, self.comparator, self.when)


@strawberry.input(description="The body weight.")
class SetWeight:
    value: Decimal
    unit: str = "kg"
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.SetWeight(self.value, self.unit, self.when)


@strawberry.input(description="A confirmed, active condition.")
class AddCondition:
    condition: str
    severity: str | None = None
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.AddCondition(self.condition, self.severity, self.when)


@strawberry.input(description="Every condition then present that is what is named has ended.")
class ResolveCondition:
    condition: str
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.ResolveCondition(self.condition, self.when)


@strawberry.input(description="A confirmed, active allergy or intolerance.")
class AddAllergy:
    substance: str
    intolerance: bool = False
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.AddAllergy(self.substance, self.intolerance, self.when)


@strawberry.input(description="What is said of a habit from then on.")
class SetBehaviour:
    behaviour: str
    present: bool = True
    when: str | None = strawberry.field(default=None, description=WHEN)

    def change(self) -> values.Change:
        return values.SetBehaviour(self.behaviour, self.present, self.when)


@strawberry.input(description="A number that a model is given.")
class Given:
    name: str
    value: float


@strawberry.input(description="A model's projection comes true at a later time.")
class SupposeProjection:
    model: str
    when: str = strawberry.field(description=WHEN)
    bound: str = strawberry.field(default="median", description="`median`, `low` or `high` (of the 90 % interval).")
    given: list[Given] | None = None

    def change(self) -> values.Change:
        numbers = {one.name: one.value for one in self.given or ()}
        return values.SupposeProjection(self.model, self.bound, numbers, self.when)


@strawberry.input(description="One change of a what-if: exactly one of its fields.")
class Change:
    start_medicine: StartMedicine | None = None
    stop_medicine: StopMedicine | None = None
    change_medicine: ChangeMedicine | None = None
    set_result: SetResult | None = None
    set_weight: SetWeight | None = None
    add_condition: AddCondition | None = None
    resolve_condition: ResolveCondition | None = None
    add_allergy: AddAllergy | None = None
    set_behaviour: SetBehaviour | None = None
    suppose_projection: SupposeProjection | None = None

    def change(self) -> values.Change:
        """The one change that it is.

        Raises:
            UsageError: if it is none, or several.
        """
        given = [
            one
            for one in (
                self.start_medicine,
                self.stop_medicine,
                self.change_medicine,
                self.set_result,
                self.set_weight,
                self.add_condition,
                self.resolve_condition,
                self.add_allergy,
                self.set_behaviour,
                self.suppose_projection,
            )
            if one is not None
        ]
        if len(given) != 1:
            raise UsageError(f"a change with {len(given)} fields", expected="exactly one of its fields")
        return given[0].change()
