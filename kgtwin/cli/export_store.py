"""``export parquet`` and ``export nquads``: a store as it is, for tools of others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import JsonOption, StoreOption, print_json, run, settings
from kgtwin.cli.progress import Progress

if TYPE_CHECKING:
    from kgtwin.config import Settings
    from kgtwin.service import Service
    from kgtwin.store.backup import Summary
    from kgtwin.store.nquads import Exported


def register(exports: typer.Typer) -> None:
    """Add the commands to ``export``."""
    exports.command("parquet")(export_parquet)
    exports.command("nquads")(export_nquads)


def export_parquet(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write the whole graph as Parquet, one file a label and a kind of edge; `kgtwin restore FOLDER` reads it back."""
    done = asyncio.run(_parquet(settings(store), folder))
    if as_json:
        print_json(done)
    else:
        size = f"{done.bytes / 1e6:.1f} MB"
        typer.echo(
            f"{folder}: {done.patients} patients at revision {done.revision}, {size}, digest {done.content[:16]}"
        )
    return 0


async def _parquet(chosen: Settings, folder: Path) -> Summary:
    from kgtwin.bootstrap import store_of  # noqa: PLC0415 - heavy
    from kgtwin.store.parquet import save  # noqa: PLC0415

    with Progress("exporting") as progress:
        async with store_of(chosen, read_only=True) as store:
            return await save(store, folder, told=progress.reach)


def export_nquads(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; packed if its name ends with .gz.")],
    whole: Annotated[
        bool, typer.Option("--whole", help="Add a graph of all that the store holds, so that it can be restored.")
    ] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write the RDF view as N-Quads: its graphs asserted, inferred, knowledge and ontology."""

    async def use(service: Service) -> Exported:
        from kgtwin.store.nquads import save  # noqa: PLC0415 - heavy

        return await save(service.store, service.view, file, records=whole)

    done = run(use, settings(store), read_only=True)
    if as_json:
        print_json(done)
    else:
        counts = ", ".join(f"{count} {name}" for name, count in done.quads.items())
        digest = f", digest {done.content[:16]}" if done.content else ""
        typer.echo(f"{file}: quads at revision {done.revision}: {counts}; {done.bytes / 1e6:.1f} MB{digest}")
    return 0
