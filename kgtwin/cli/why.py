"""``why``, ``why-not`` and ``whom``: the proof of a statement, the premise that is missing, everybody concerned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli import render
from kgtwin.cli.counting import counted
from kgtwin.cli.options import (
    AsOfOption,
    AtOption,
    JsonOption,
    OntologyOption,
    StoreOption,
    moment,
    note,
    print_json,
    run,
    settings,
)
from kgtwin.vocabulary import NOT_VALIDATED

if TYPE_CHECKING:
    from kgtwin.model.contradiction import Contradiction
    from kgtwin.model.derivation import FactRef
    from kgtwin.model.whynot import Part, WhyNot
    from kgtwin.service import Service
    from kgtwin.service.population import Whom

PatientArgument = Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")]
AxiomArgument = Annotated[
    str,
    typer.Argument(
        metavar="AXIOM",
        help="A statement's CURIE (kgtwin:CI_0048) or label, a class, or a class expression in Manchester syntax.",
    ),
]
CONTRADICTION = "contradiction"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(why)
    app.command("why-not")(why_not)
    app.command()(whom)


def why(
    patient: PatientArgument,
    axiom: Annotated[
        str, typer.Argument(metavar="AXIOM", help=f"As for why-not, or “{CONTRADICTION}”: what cannot all be true.")
    ],
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Prove that a patient is what a statement or an expression says, or show what contradicts.

    Exits with 1 where it does not follow, or nothing contradicts.
    """

    async def use(service: Service) -> bool:
        revision = await service.resolve(as_of)
        if axiom.strip().lower() == CONTRADICTION:
            found = await service.contradictions(patient, at=moment(at), as_of=revision)
            print_json(found) if as_json else typer.echo(_contradictions(found))
            return bool(found)
        return await _proof(service, revision)

    async def _proof(service: Service, revision: int | None) -> bool:
        from kgtwin.model.derivation import to_dict, to_text  # noqa: PLC0415

        found = await service.why(patient, axiom, at=moment(at), as_of=revision)
        if as_json:
            print_json(None if found is None else to_dict(found))
        elif found is not None:
            typer.echo(f"{to_text(found)}\n\n{NOT_VALIDATED}")
        if found is None:
            note("it does not follow; `kgtwin why-not` says which premise is missing")
        return found is not None

    return int(not run(use, settings(store, ontology), read_only=True))


def why_not(
    patient: PatientArgument,
    axiom: AxiomArgument,
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say which premise is missing for a statement to hold of a patient, and which facts come closest to it."""

    async def use(service: Service) -> None:
        found = await service.why_not(patient, axiom, at=moment(at), as_of=await service.resolve(as_of))
        print_json(found) if as_json else typer.echo(_why_not(found))

    run(use, settings(store, ontology), read_only=True)
    return 0


def whom(
    axiom: AxiomArgument,
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Find all patients who are what a statement, a rule or an expression says. Exits with 1 where nobody is."""
    from kgtwin.service.population import whom as ask  # noqa: PLC0415 - heavy

    async def use(service: Service) -> Whom:
        return await ask(service, axiom, at=moment(at), as_of=await service.resolve(as_of))

    found = run(use, settings(store, ontology), read_only=True)
    print_json(found) if as_json else typer.echo(_whom(found))
    return int(not found.found)


def _whom(found: Whom) -> str:
    name = found.title if found.statement is None else f"{found.statement} “{found.title}”"
    lines = [
        f"{len(found.found)} of {counted(found.patients, 'patient')} at {found.at}, revision {found.revision}: {name}"
    ]
    lines += [f"kept away: {found.silent}"] if found.silent else []
    lines += [" ".join((f"  {one.patient}", *one.issues)) for one in found.found]
    return "\n".join([*lines, "", NOT_VALIDATED])


def _contradictions(found: Sequence[Contradiction]) -> str:
    from kgtwin.model.derivation import to_text  # noqa: PLC0415

    if not found:
        return "nothing that was received contradicts the ontology; that is no proof that it is right"
    lines = []
    for one in found:
        lines += [one.text, *([] if one.smallest else ["perhaps fewer facts would do: there were too many to try"])]
        lines += [to_text(one.derivation), ""]
    return "\n".join([*lines, NOT_VALIDATED])


def _why_not(found: WhyNot) -> str:
    name = found.title if found.statement is None else f"{found.statement} “{found.title}”"
    verdict = "holds" if found.holds else "does not hold"
    lines = [f"{name} {verdict} for {found.patient} at {found.at}, revision {found.revision}"]
    lines += [line for part in found.parts for line in _part(part)]
    lines += [f"kept away: {one}" for one in found.hindrances]
    if found.holds:
        shown = [f"`kgtwin explain {id_}`" for id_ in found.issues]
        lines.append("the proof: " + ", ".join([*shown, f"`kgtwin why {found.patient} {found.statement or '…'}`"]))
    return "\n".join([*lines, "", "Caveats", *render.caveat_lines(found.caveats), "", NOT_VALIDATED])


def _part(part: Part) -> list[str]:
    lines = [f"  {'holds  ' if part.holds else 'MISSING'} {part.expression}"]
    lines += [f"            by {_fact(one)}" for one in part.facts]
    if part.holds:
        return lines
    if part.found:
        lines.append(f"            {part.found}")
    lines += [f"            {one.text}" for one in part.unknown]
    for one in part.nearest:
        lines.append(f"            nearest: {_fact(one.fact)}: {'; '.join(one.reasons)}")
    if not (part.found or part.unknown or part.nearest):
        lines.append("            nothing that was received comes close")
    return lines


def _fact(one: FactRef) -> str:
    return f"{render.visible(one.text)} [{one.resource}]"
