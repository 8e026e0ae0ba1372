"""``ontology``, ``embeddings`` and ``doctor``: what the twin knows, and whether it is well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from kgtwin.cli import render
from kgtwin.cli.options import JsonOption, OntologyOption, StoreOption, note, print_json, settings
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.model.ontology import Ontology
    from kgtwin.reasoning import Classification

ontology_app = typer.Typer(help="Work on ontologies.", no_args_is_help=True, rich_markup_mode=None)
embeddings_app = typer.Typer(help="Train and evaluate embeddings.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(ontology_app, name="ontology")
    app.add_typer(embeddings_app, name="embeddings")
    app.command()(doctor)


@ontology_app.command()
def classify(
    ontology: Annotated[Path, typer.Argument(metavar="IN", help="Functional syntax, RDF/XML, OWL/XML or Turtle.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write the taxonomy here.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Classify an ontology and write its direct subsumptions and equivalences in functional syntax."""
    from kgtwin.model.ontology import EntityKind  # noqa: PLC0415 - heavy, as the reasoner is
    from kgtwin.ontology.loader import load  # noqa: PLC0415
    from kgtwin.reasoning import classify as reason  # noqa: PLC0415

    loaded = load(ontology)
    classes = (iri for iri, kind in loaded.entities.items() if kind is EntityKind.CLASS)
    found = reason(loaded.axioms, classes=classes)
    for caveat in (*loaded.caveats, *found.caveats):
        note(f"{caveat.code.value}: {caveat.text}")
    for iri in sorted(found.unsatisfiable):
        note(f"unsatisfiable: {iri}")
    _write_taxonomy(loaded, found, output, as_json)
    return 1 if found.unsatisfiable else 0


def _save(text: str, output: Path) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the taxonomy cannot be written: {error.strerror}", where=str(output), expected="a file you may write"
        ) from None


def _write_taxonomy(loaded: Ontology, found: Classification, output: Path | None, as_json: bool) -> None:
    from kgtwin.ontology.writer import write_taxonomy  # noqa: PLC0415

    text = "".join(f"{line}\n" for line in write_taxonomy(found))
    if output is not None:
        _save(text, output)
    if as_json:
        print_json(
            {
                "ontology": loaded.iri,
                "version": loaded.version,
                "axioms": len(loaded.axioms),
                "classes": len(found.classes),
                "unsatisfiable": sorted(found.unsatisfiable),
                "caveats": [msgspec.to_builtins(c) for c in (*loaded.caveats, *found.caveats)],
                "output": str(output) if output else None,
            }
        )
    elif output is None:
        typer.echo(text, nl=False)
    else:
        note(f"{len(found.classes)} classes, {len(found.unsatisfiable)} unsatisfiable, written to {output}")


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
