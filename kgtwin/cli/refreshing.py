"""``refresh``: stored conclusions after an edit of the ontology, where no service is running that sees to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import AtOption, JsonOption, OntologyOption, StoreOption, moment, print_json, run, settings
from kgtwin.cli.progress import Progress

if TYPE_CHECKING:
    from kgtwin.service import Service
    from kgtwin.service.refreshing import Refreshed


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(refresh)


def refresh(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many patients it touches.")] = False,
    at: AtOption = None,
    store: StoreOption = None,
    ontology: OntologyOption = None,
    as_json: JsonOption = False,
) -> int:
    """Infer again whom an edit of the ontology, or another embedding, can touch; and whoever was not inferred yet."""
    import msgspec  # noqa: PLC0415

    last: list[Refreshed] = []

    async def use(service: Service) -> None:
        with Progress("comparing") as progress:
            async for found in service.refresh(at=moment(at), missing=True, dry_run=dry_run):
                last[:] = [found]
                progress.reach(found.looked, found.patients)

    run(use, settings(store, ontology), read_only=dry_run)
    if as_json:
        print_json({**msgspec.to_builtins(last[0]), "dry_run": dry_run})
    else:
        typer.echo(text_of(last[0], dry_run=dry_run))
    return 0


def text_of(found: Refreshed, *, dry_run: bool) -> str:
    """What a refresh did, or would do."""
    others = [one for one in found.from_knowledge if one != found.knowledge]
    since = f"since knowledge {', '.join(others)}" if others else "nothing was edited"
    what = "to infer" if dry_run else "inferred and stored"
    count = found.touched if dry_run else found.stored
    return f"knowledge {found.knowledge} ({since}): {found.looked} patients looked at, {count} {what}"
