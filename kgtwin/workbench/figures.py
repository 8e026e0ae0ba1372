"""The figures of the knowledge: what is placed, what is stated and by what evidence, what became of label rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec

from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.model.axioms import Class, ClassAssertion, ClassExpression
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_ROUTE, KGTWIN, MEDICINAL_PRODUCT, RXNORM, SNOMED, kgtwin
from kgtwin.workbench.reach import Unmet, reach

AXIS = kgtwin("axis")
DISPOSITIONS = "dispositions"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts by name. ``statements`` by kind, then significance; ``evidence`` by kind, then status.

    ``dispositions`` by table, then disposition; ``unreached`` are the conditions that no statement reaches; ``unmet``
    the statements that no known code can trigger, with the demand; ``without_product`` those that demand a medicine
    which none of the known products is: orders of other products, or coded by ingredient, can trigger them.
    """

    modules: int
    axioms: int
    conditions: dict[str, int]
    medicines: dict[str, int]
    statements: dict[str, dict[str, int]]
    evidence: dict[str, dict[str, int]]
    dispositions: dict[str, dict[str, int]]
    unreached: tuple[str, ...]
    unmet: tuple[Unmet, ...]
    without_product: tuple[str, ...]


def figures(knowledge: Knowledge) -> Figures:
    """Counts what a knowledge holds; label rows from the tables beside its root that have a column ``disposition``."""
    ontology, found = knowledge.ontology, reach(knowledge)
    every = knowledge.statements.values()
    return Figures(
        modules=len(ontology.files),
        axioms=len(ontology.axioms),
        conditions={**_conditions(knowledge), **found.counts},
        medicines=_medicines(knowledge),
        statements=_by_kind(every, lambda one: one.significance.value),
        evidence=_by_kind(every, lambda one: "verified" if one.verified else "unverified"),
        dispositions=_dispositions(Path(ontology.files[0]).parent / DISPOSITIONS) if ontology.files else {},
        unreached=found.unreached_codes,
        unmet=found.unmet,
        without_product=_without_product(knowledge),
    )


def _conditions(knowledge: Knowledge) -> dict[str, int]:
    """Codes by how many axes they stand on; an axis is what lies below a class that is annotated as its root."""
    roots: dict[str, set[str]] = {}
    for iri in knowledge.ontology.annotations:
        for name in knowledge.ontology.values(iri, AXIS):
            roots.setdefault(name, set()).add(iri)
    below = {name: _below(knowledge, iris) for name, iris in roots.items()}
    placed = {iri for classes in below.values() for iri in classes if iri.startswith(SNOMED)}
    on_two = sum(sum(iri in classes for classes in below.values()) >= 2 for iri in placed)
    return {"axes": len(roots), "codes on an axis": len(placed), "codes on two axes or more": on_two}


def _below(knowledge: Knowledge, roots: Iterable[str]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for root in roots:
        found |= knowledge.classification.descendants(root) if root in knowledge.classes else frozenset()
    return found


def _medicines(knowledge: Knowledge) -> dict[str, int]:
    tree = knowledge.classification
    products = [iri for iri in _below(knowledge, [MEDICINAL_PRODUCT]) if iri.startswith(RXNORM)]
    ingredients = {
        one for iri in products for one in tree.successors(iri, HAS_ACTIVE_INGREDIENT) if isinstance(one, str)
    }
    return {
        "products": len(products),
        "products with a route": sum(bool(tree.successors(iri, HAS_ROUTE)) for iri in products),
        "ingredients": len(ingredients),
        "ingredients without an RxCUI": sum(one.startswith(KGTWIN) for one in ingredients),
    }


def _without_product(knowledge: Knowledge) -> tuple[str, ...]:
    products = sorted(iri for iri in _below(knowledge, [MEDICINAL_PRODUCT]) if iri.startswith(RXNORM))
    one_of_each = {f"urn:kgtwin:product:{number}": Class(iri) for number, iri in enumerate(products)}
    realised = knowledge.classification.realise([ClassAssertion(one, cls) for one, cls in one_of_each.items()])

    @cache
    def is_met(filler: ClassExpression) -> bool:
        return any(realised.satisfies(one, filler) for one in one_of_each)

    found = {
        statement.iri
        for statement in knowledge.statements.values()
        for conjunct in (statement.definition.conjuncts if statement.definition else ())
        if conjunct.property in knowledge.roles.medicines and not is_met(conjunct.filler)
    }
    return tuple(sorted(found))


def _by_kind(statements: Iterable[Statement], of: Callable[[Statement], str]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for one in statements:
        found.setdefault(one.kind.value, Counter())[of(one)] += 1
    return {kind: dict(sorted(counts.items())) for kind, counts in sorted(found.items())}


def _dispositions(folder: Path) -> dict[str, dict[str, int]]:
    found = {}
    for file in sorted(folder.glob("*.tsv")):
        rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE)
        if "disposition" in (rows.fieldnames or ()):
            found[file.stem] = dict(Counter(row["disposition"] for row in rows).most_common())
    return found
