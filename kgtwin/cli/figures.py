"""``knowledge figures``: what the knowledge holds, and how often it alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kgtwin.cli import render
from kgtwin.cli.comparing import each_patient
from kgtwin.cli.options import JsonOption, OntologyOption, StoreOption, print_json, settings

if TYPE_CHECKING:
    from kgtwin.config import Settings
    from kgtwin.inference import Knowledge
    from kgtwin.workbench.burden import Burden
    from kgtwin.workbench.figures import Figures


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(figures)


def figures(
    store: StoreOption = None,
    ontology: OntologyOption = None,
    patients: Annotated[bool, typer.Option("--patients", help="Judge every order in the store, too.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Name what no statement reaches.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Count what the knowledge holds; with --patients, how often it alerts per 100 medication orders in a store."""
    from kgtwin.bootstrap import load_knowledge  # noqa: PLC0415 - heavy
    from kgtwin.workbench.figures import figures as count  # noqa: PLC0415

    chosen = settings(store, ontology)
    knowledge = load_knowledge(chosen)
    found = count(knowledge)
    burden = _burden(chosen, knowledge) if patients else None
    if as_json:
        print_json(_as_dict(found, burden))
    else:
        for line in (*_lines(found, knowledge, every), *(_burden_lines(burden) if burden else ())):
            typer.echo(line)
    return 0


def _burden(chosen: Settings, knowledge: Knowledge) -> Burden:
    from kgtwin.workbench.burden import Bearing  # noqa: PLC0415

    bearing = Bearing(knowledge, unverified=chosen.unverified)
    each_patient(chosen, lambda case: bearing.add(case.record, case.facts), "judging orders")
    return bearing.result()


def _as_dict(found: Figures, burden: Burden | None) -> dict[str, Any]:
    counted: dict[str, Any] = msgspec.to_builtins(found)
    if burden is not None:
        rates = {name: round(burden.per_100_orders(name), 2) for name in burden.alerts}
        counted["burden"] = {**msgspec.to_builtins(burden), "per 100 orders": rates}
    return counted


def _lines(found: Figures, knowledge: Knowledge, every: bool) -> Iterator[str]:
    yield f"{found.modules} modules, {found.axioms} axioms"
    yield "conditions: " + _counts(found.conditions)
    yield "medicines: " + _counts(found.medicines)
    rows = [
        (kind, str(sum(counts.values())), _counts(counts), _counts(found.evidence[kind]))
        for kind, counts in found.statements.items()
    ]
    yield render.columns(("statements", "count", "significance", "evidence"), rows)
    for table, counts in found.dispositions.items():
        yield f"{table}: {sum(counts.values())} rows, {_counts(counts)}"
    yield f"{len(found.without_product)} statements are about medicines of which no product is listed here"
    for one in found.unmet:
        yield f"can never fire: {knowledge.label(one.statement)} ({one.demand})"
    for iri in found.without_product if every else ():
        yield f"no product: {knowledge.label(iri)} <{iri}>"
    for iri in found.unreached if every else ():
        yield f"not reached: {knowledge.label(iri)} <{iri}>"


def _burden_lines(burden: Burden) -> Iterator[str]:
    yield f"{burden.patients} patients, {burden.orders} medication orders"
    yield "patients with issues: " + (_counts(burden.patients_with_issues) or "none")
    rates = (f"{burden.per_100_orders(name):.2f} {name}" for name in burden.alerts)
    yield "alerts per 100 orders: " + ", ".join(rates)
    yield render.columns(("alerts", "statement", "title"), ((str(n), iri, title) for iri, title, n in burden.noisiest))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
