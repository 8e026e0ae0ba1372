"""Doses that cannot be: more of an ingredient in a day than anybody takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.inference.rules.dosing import beyond, in_words
from kgtwin.inference.rules.known import Known, Present
from kgtwin.inference.rules.taking import Taken
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import MedicationDetail


def implausible_doses(taken: Iterable[Taken], known: Known) -> Iterator[Caveat]:
    """One for each instruction that says so; the medicine counts as taken, in a dose that is not known."""
    for one in taken:
        for dose in one.doses:
            yield from _of_order(dose, one.ingredient, known)


def _of_order(one: Present, ingredient: str, known: Known) -> Iterator[Caveat]:
    fact, knowledge = one.selected.fact, known.knowledge
    detail, limit = fact.detail, knowledge.by_ingredient.plausible_dose(ingredient)
    if not isinstance(detail, MedicationDetail) or limit is None:
        return
    for place, dose in enumerate(detail.instructions):
        amount = beyond(dose, one, ingredient, knowledge)
        if amount is not None:
            resource = fact.provenance.resource
            field = f"{resource} {_FIELDS[detail.origin]}".replace("[]", f"[{place}]")
            read = f"{field}: {knowledge.label(ingredient)} “{in_words(dose)}” is {amount:f} mg in a day"
            text = f"{read}, which cannot be: plausible is at most {limit:f} mg. The dose counts as unknown"
            yield Caveat(CaveatCode.IMPLAUSIBLE, text, (resource,), "correct the dose or its unit (mg sent as g?)")


_FIELDS = {"request": "dosageInstruction[]", "statement": "dosage[]", "administration": "dosage"}
