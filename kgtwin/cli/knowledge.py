"""``ontology``, ``embeddings`` and ``doctor``: what the twin knows, and whether it is well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from kgtwin.cli import asking, checking, comparing, figures, render, reviewing
from kgtwin.cli.importing import knowledge_app
from kgtwin.cli.ontology import ontology_app
from kgtwin.cli.options import JsonOption, OntologyOption, StoreOption, note, print_json, settings

embeddings_app = typer.Typer(help="Train and evaluate embeddings.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    checking.register(ontology_app)
    asking.register(ontology_app)
    comparing.register(ontology_app)
    reviewing.register(ontology_app)
    figures.register(knowledge_app)
    app.add_typer(ontology_app, name="ontology")
    app.add_typer(embeddings_app, name="embeddings")
    app.add_typer(knowledge_app, name="knowledge")
    app.command()(doctor)


@embeddings_app.command()
def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file; see docs/embeddings.md.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Folder of the artefact.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Train an embedding, evaluate it beside two baselines, and save it. Needs kgtwin[embeddings]."""
    from kgtwin import embeddings  # noqa: PLC0415

    manifest = embeddings.train_from_config(config, output or Path(config.stem), progress=note)
    print_json(msgspec.to_builtins(manifest)) if as_json else typer.echo(embeddings.manifest_text(manifest))
    return 0


@embeddings_app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder or .npz of an artefact.")],
    as_json: JsonOption = False,
) -> int:
    """Show how a saved embedding does on its held-out split, beside the baselines."""
    from kgtwin import embeddings  # noqa: PLC0415

    report = embeddings.evaluate_model(model)
    print_json(msgspec.to_builtins(report)) if as_json else typer.echo(embeddings.report_text(report))
    return 0


def doctor(store: StoreOption = None, ontology: OntologyOption = None, as_json: JsonOption = False) -> int:
    """Check this installation: Python, packages, knowledge, mappings, store."""
    from kgtwin.cli.doctor import examine  # noqa: PLC0415

    findings = examine(settings(store, ontology))
    if as_json:
        print_json(findings)
    else:
        typer.echo(render.columns(("state", "what", "finding"), ((f.state, f.what, f.text) for f in findings)))
    return 3 if any(f.state == "fail" for f in findings) else 0
