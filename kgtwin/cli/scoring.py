"""``score``: published equations over a patient's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import (
    AsOfOption,
    AtOption,
    JsonOption,
    OntologyOption,
    StoreOption,
    moment,
    print_json,
    run,
    settings,
)

if TYPE_CHECKING:
    from kgtwin.service import Service


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(score)


def score(
    patient: Annotated[str, typer.Argument(help="A patient's key (source|id), or its id in source local.")],
    equation: Annotated[
        str | None, typer.Option("--equation", metavar="CURIE", help="One equation, with all that it rests on.")
    ] = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Evaluate published equations: results, ranges where inputs are missing, refusals, the next best fact."""
    from kgtwin.cli.scores import scores_text  # noqa: PLC0415
    from kgtwin.model.score import score_to_dict  # noqa: PLC0415

    async def use(service: Service) -> None:
        found = await service.scores(patient, equation=equation, at=moment(at), as_of=await service.resolve(as_of))
        if as_json:
            print_json([score_to_dict(one) for one in found])
        else:
            typer.echo(scores_text(found, details=equation is not None))

    run(use, settings(store, ontology), read_only=True)
    return 0
