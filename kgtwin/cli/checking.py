"""``ontology check`` and ``ontology profile``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from kgtwin.cli.options import JsonOption, note, print_json

if TYPE_CHECKING:
    from kgtwin.workbench.checking import Report
    from kgtwin.workbench.findings import Finding

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="An ontology, or a folder with kgtwin.owl or one ontology in it.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(check)
    app.command()(profile)
    app.command()(watch)


def check(
    path: PathArgument,
    dl: Annotated[
        bool, typer.Option("--dl", help="Ask HermiT about full OWL 2 DL, too (Java, kgtwin[hermit]).")
    ] = False,
    shapes: Annotated[
        list[Path] | None, typer.Option("--shapes", metavar="FILE", help="SHACL shapes besides shapes.ttl.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Show notes, too.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Look for all that is wrong with an ontology: 0 where it is clean, 1 where there are errors."""
    from kgtwin.workbench.checking import check as run  # noqa: PLC0415 - heavy

    report = run(path, dl=dl, shape_files=tuple(shapes or ()))
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report, notes)
    return int(bool(report.errors or (strict and report.warnings)))


def _show(report: Report, notes: bool) -> None:
    shown = [one for one in report.findings if notes or one.level != "note"]
    for one in shown:
        _print(one)
    hidden = len(report.findings) - len(shown)
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items())
    note(
        f"{report.errors} errors, {report.warnings} warnings"
        + (f", {hidden} notes (--notes shows them)" if hidden else "")
        + (f"; {counts}" if counts else "")
        + f"; {report.seconds:.1f} s"
    )


def _print(finding: Finding, indent: str = "") -> None:
    typer.echo(f"{indent}{finding}")
    if finding.axiom:
        typer.echo(f"{indent}    {finding.axiom}")
    for one in finding.consequences:
        _print(one, indent + "    ")


def profile(path: PathArgument, as_json: JsonOption = False) -> int:
    """Say which axioms lie outside OWL 2 EL, and why: 0 where none does, 1 where some do."""
    from kgtwin.workbench.profile import violations  # noqa: PLC0415 - heavy
    from kgtwin.workbench.project import read_project  # noqa: PLC0415
    from kgtwin.workbench.terms import written  # noqa: PLC0415

    project, broken = read_project(path)
    if project is None:
        for finding in broken:
            _print(finding)
        return 1
    found = list(violations(project.entries()))
    modules = {str(module.file): 0 for module in project.modules}
    for one in found:
        modules[one.entry.where.file] += 1
    if as_json:
        rows = [{"where": str(one.entry.where), "why": one.why, "axiom": written(one.entry.node)} for one in found]
        print_json({"profile": "OWL 2 DL" if found else "OWL 2 EL", "modules": modules, "violations": rows})
    else:
        for one in found:
            typer.echo(f"{one.entry.where}: {one.why} is outside OWL 2 EL: {written(one.entry.node)}")
        for file, count in modules.items():
            note(f"{file}: {'OWL 2 EL' if not count else f'{count} axioms outside OWL 2 EL'}")
    return int(bool(found))


def watch(
    path: PathArgument,
    shapes: Annotated[
        bool, typer.Option("--shapes", help="Look at the SHACL shapes each time, too (seconds).")
    ] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Show notes, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line for every report.")] = False,
) -> int:
    """Check an ontology again after every save, until stopped."""
    from kgtwin.workbench.watching import reports  # noqa: PLC0415 - heavy

    for report in reports(path, shapes=shapes):
        if as_json:
            typer.echo(msgspec.json.encode(report.to_dict()).decode())
        else:
            _show(report, notes)
    return 0
