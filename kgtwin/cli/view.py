"""``view status|verify|rebuild``: the RDF view that answers SPARQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kgtwin.cli import render
from kgtwin.cli.options import JsonOption, OntologyOption, StoreOption, note, print_json, run, settings

if TYPE_CHECKING:
    from kgtwin.service import Service
    from kgtwin.store.rdf_verify import Verification, ViewStatus

view_app = typer.Typer(help="The RDF view that answers SPARQL.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(view_app, name="view")


@view_app.command()
def status(store: StoreOption = None, ontology: OntologyOption = None, as_json: JsonOption = False) -> int:
    """Say where the view is and how it stands beside its store. Changes nothing."""

    async def use(service: Service) -> ViewStatus:
        return await service.view_status()

    found = run(use, settings(store, ontology), read_only=True)
    print_json(found) if as_json else typer.echo(_status_text(found))
    return 0


@view_app.command()
def verify(store: StoreOption = None, ontology: OntologyOption = None, as_json: JsonOption = False) -> int:
    """Compare the view with what the store says now. Ends with 1 if they differ."""

    async def use(service: Service) -> Verification:
        return await service.verify_view()

    found = run(use, settings(store, ontology), read_only=True)
    print_json(found) if as_json else typer.echo(_verification_text(found))
    if found.differences and not as_json:
        note("the view differs from its store: run kgtwin view rebuild")
    return 1 if found.differences else 0


@view_app.command()
def rebuild(store: StoreOption = None, ontology: OntologyOption = None, as_json: JsonOption = False) -> int:
    """Build the view anew from the store. Queries use the old one until the new one is there."""

    async def use(service: Service) -> ViewStatus:
        return await service.rebuild_view()

    found = run(use, settings(store, ontology), read_only=True)
    print_json(found) if as_json else typer.echo(_status_text(found))
    return 0


def _status_text(found: ViewStatus) -> str:
    rows = {
        "folder": found.folder,
        "state": found.state,
        "revision": "none" if found.revision is None else str(found.revision),
        "store's revision": str(found.store_revision),
        "ontology": found.ontology[:12] or "none",
        "size": f"{found.bytes / 1e6:.1f} MB",
        "being updated by": found.writer or "nobody",
    }
    return "\n".join(f"{name + ':':18}{value}" for name, value in rows.items())


def _verification_text(found: Verification) -> str:
    head = f"revision {found.revision}: {found.patients} patients, {found.quads} triples compared"
    if not found.differences:
        return f"{head}; the view says what the store says"
    rows = ((d.kind, str(d.count), str(d.patients or "")) for d in found.differences)
    return f"{head}\n" + render.columns(("what differs", "triples", "patients"), rows)
