"""``ontology diff``, ``impact`` and ``coverage``: what an edit changes, for whom, and what the knowledge leaves out.

Exit codes, for CI: 0 nothing to report, 1 something is, 2 usage, 3 failure (a side cannot be read).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import AsOfOption, AtOption, JsonOption, moment, print_json, run, settings
from kgtwin.cli.progress import Progress
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.config import Settings
    from kgtwin.model.fact import FactKind
    from kgtwin.service import Service
    from kgtwin.workbench.impact import Case
    from kgtwin.workbench.revisions import Side

SideArgument = Annotated[
    str, typer.Argument(help="A file, a folder, or a git revision: REV, REV:path, or : for what is staged.")
]
PathOption = Annotated[
    str | None,
    typer.Option("--path", metavar="PATH", help="The root ontology in a revision (default: ontologies/kgtwin.owl)."),
]
PatientsOption = Annotated[
    str | None,
    typer.Option("--patients", "--store", metavar="STORE", help="ladybug:PATH, bolt://… (default: $KGTWIN_STORE)."),
]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Markdown, for a comment on a pull request.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (diff, impact, coverage):
        app.command()(command)


def diff(
    a: SideArgument,
    b: SideArgument,
    path: PathOption = None,
    every: Annotated[bool, typer.Option("--all", help="All inferred pairs, not the direct ones only.")] = False,
    markdown: MarkdownOption = False,
    as_json: JsonOption = False,
) -> int:
    """Compare two versions: the edits, and what they change in what follows, each with the edit that causes it.

    Exits with 1 where they differ.
    """
    from kgtwin.cli import comparison  # noqa: PLC0415 - heavy
    from kgtwin.workbench.comparison import compare  # noqa: PLC0415

    check_form(markdown, as_json)
    with ExitStack() as stack:
        found = compare(*_sides(stack, a, b, path), every=every)
        if as_json:
            print_json(comparison.as_dict(found))
        else:
            typer.echo(comparison.markdown(found) if markdown else comparison.text(found))
    return int(bool(found))


def impact(
    a: SideArgument,
    b: SideArgument,
    patients: PatientsOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    path: PathOption = None,
    markdown: MarkdownOption = False,
    as_json: JsonOption = False,
) -> int:
    """Say which patients of a store gain, lose or change which issues from A to B, and why. Writes nothing.

    Exits with 1 where anything changes for a patient.
    """
    from kgtwin.cli import impacts  # noqa: PLC0415 - heavy
    from kgtwin.workbench.differences import Version  # noqa: PLC0415
    from kgtwin.workbench.impact import Assessment  # noqa: PLC0415

    check_form(markdown, as_json)
    chosen = settings(patients)
    with ExitStack() as stack:
        one, other = map(Version.of, _sides(stack, a, b, path))
        assessment = Assessment(one, other, at=moment(at) or datetime.now(UTC), unverified=chosen.unverified)
        each_patient(chosen, assessment.add, "comparing", as_of)
        found = assessment.result()
    if as_json:
        print_json(impacts.as_dict(found))
    else:
        typer.echo(impacts.markdown(found) if markdown else impacts.text(found))
    return int(bool(found))


def coverage(
    store: Annotated[
        str | None, typer.Argument(metavar="STORE", help="ladybug:PATH, bolt://… (default: $KGTWIN_STORE).")
    ] = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    ontology: Annotated[
        str | None,
        typer.Option("--ontology", metavar="FILE|REV", help="File, folder or git revision (default: the shipped one)."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only codes of this kind of fact (repeatable).")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show all codes and statements.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Say which codes in a store no class knows or no statement reaches, and which statements no patient meets.

    Exits with 1 where there is such a code.
    """
    from kgtwin.cli import coverages  # noqa: PLC0415 - heavy
    from kgtwin.workbench.coverage import Survey  # noqa: PLC0415
    from kgtwin.workbench.differences import Version  # noqa: PLC0415
    from kgtwin.workbench.revisions import opened  # noqa: PLC0415

    chosen = settings(store)
    kinds = [_kind(name) for name in kind or ()]
    with opened(ontology or str(chosen.ontology)) as side:
        moment_ = moment(at) or datetime.now(UTC)
        survey = Survey(Version.of(side), at=moment_, kinds=kinds, unverified=chosen.unverified)
        each_patient(chosen, survey.add, "surveying", as_of)
        found = survey.result()
    if as_json:
        print_json(coverages.as_dict(found))
    else:
        typer.echo(coverages.text(found, None if every else coverages.SHOWN))
    return int(bool(found.unknown or found.unreached))


def _kind(name: str) -> FactKind:
    from kgtwin.model.fact import FactKind  # noqa: PLC0415

    try:
        return next(kind for kind in FactKind if kind.value.lower() == name.lower())
    except StopIteration:
        raise UsageError(f"--kind {name!r}", expected=" or ".join(kind.value for kind in FactKind)) from None


def each_patient(chosen: Settings, use: Callable[[Case], None], what: str, as_of: str | None = None) -> None:
    """Hand every patient of a store, with the facts known at a revision or now, to a function; it is opened read-only.

    Raises:
        NotFoundError: if there is no such revision yet.
    """
    from kgtwin.workbench.impact import Case  # noqa: PLC0415

    async def inside(service: Service) -> None:
        revision = await service.known_revision(await service.resolve(as_of))
        with Progress(what, len(await service.store.patients(as_of=revision))) as progress:
            async for record, facts in service.everyone(as_of=revision):
                use(Case(record, facts, revision))
                progress.advance()

    run(inside, chosen, read_only=True)


def check_form(markdown: bool, as_json: bool) -> None:
    """One form of the answer.

    Raises:
        UsageError: two were asked for.
    """
    if markdown and as_json:
        raise UsageError("--markdown and --json together", expected="one of them")


def _sides(stack: ExitStack, a: str, b: str, path: str | None) -> tuple[Side, Side]:
    from kgtwin.workbench.revisions import DEFAULT, opened  # noqa: PLC0415

    one, other = (stack.enter_context(opened(given, default=path or DEFAULT)) for given in (a, b))
    return one, other
