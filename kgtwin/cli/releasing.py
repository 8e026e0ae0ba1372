"""``ontology release`` and ``ontology suggest-mappings``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from kgtwin.cli.options import JsonOption, note, print_json, run, settings
from kgtwin.errors import UsageError

if TYPE_CHECKING:
    from kgtwin.service import Service
    from kgtwin.workbench.code_lists import UnknownCode
    from kgtwin.workbench.releasing import Released
    from kgtwin.workbench.suggestions import Suggested


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(release)
    app.command("suggest-mappings")(suggest_mappings)


def release(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An ontology, or a folder with one.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="A new or empty folder.")],
    previous: Annotated[
        str | None, typer.Option("--previous", metavar="FOLDER|REV", help="What the change log starts from.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", metavar="V", help="Default: the ontology's owl:versionInfo.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="When it is issued (default: the version's, if any).")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Write a release: merged and classified OWL, OBO Graph, SSSOM, statistics, change log, terms, digests.

    Refuses (1, nothing written) where the ontology or its mappings have errors.
    """
    from kgtwin.workbench.releasing import release as write  # noqa: PLC0415 - heavy

    made = write(path, output, earlier=previous, version=version, issued=_day(date))
    print_json(_released(made)) if as_json else _show(made)
    return int(made.refused)


def _released(made: Released) -> dict[str, Any]:
    errors = [one.to_dict() for one in made.findings if one.level == "error"]
    return {**msgspec.to_builtins(made), "findings": errors, "refused": made.refused}


def _show(made: Released) -> None:
    for one in made.findings:
        if one.level == "error":
            typer.echo(str(one))
    if made.refused:
        note("nothing was written: correct the errors first (`kgtwin ontology check` says more)")
        return
    for name, digest in made.files.items():
        typer.echo(f"{digest}  {name}")
    note(f"version {made.version}, {len(made.files)} files in {made.folder}")


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--date is {text!r}", expected="a date, YYYY-MM-DD") from None


def suggest_mappings(
    ontology: Annotated[Path, typer.Argument(metavar="ONTOLOGY", help="An ontology, or a folder with one.")],
    store: Annotated[
        str | None, typer.Option("--store", metavar="URL", help="The codes in a store that no class stands for.")
    ] = None,
    codes: Annotated[
        Path | None, typer.Option("--codes", metavar="FILE", help="A TSV with the columns system, code, display.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write the SSSOM file here.")
    ] = None,
    least: Annotated[
        float, typer.Option("--least", metavar="X", min=0.0, max=1.0, help="The least confidence that is suggested.")
    ] = 0.6,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="So many classes for one code at most.")] = 3,
    as_json: JsonOption = False,
) -> int:
    """Suggest classes for codes that none stands for, by their words alone; nothing is applied, a person decides.

    Written as SSSOM with skos:closeMatch, which kgtwin never acts on. 1 where the table of codes has wrong rows.
    """
    from kgtwin.files import save  # noqa: PLC0415 - heavy
    from kgtwin.workbench.suggestions import sssom, suggest  # noqa: PLC0415 - heavy

    if (store is None) == (codes is None):
        raise UsageError("where the codes are is not clear", expected="either --store or --codes")
    found, problems = _from_file(codes) if codes else (_from_store(store, ontology), [])
    made = suggest(ontology, found, least=least, most=most)
    text = "\n".join(sssom(made)) + "\n"
    if output is not None:
        save([text.encode()], output)
    for problem in problems:
        note(problem)
    if as_json:
        print_json(_as_json(made, problems, output))
    elif output is None:
        typer.echo(text, nl=False)
    note(f"{made.covered} of {len(found)} codes have a suggestion ({len(made.rows)} in all)")
    return int(bool(problems))


def _from_file(file: Path) -> tuple[list[UnknownCode], list[str]]:
    from kgtwin.workbench.code_lists import read_codes  # noqa: PLC0415

    codes, problems = read_codes(file)
    return codes, [str(one) for one in problems]


def _from_store(store: str | None, ontology: Path) -> list[UnknownCode]:
    from kgtwin.workbench.code_lists import UnknownCode, wrong  # noqa: PLC0415
    from kgtwin.workbench.project import root_of  # noqa: PLC0415

    async def use(service: Service) -> list[UnknownCode]:
        every = [
            UnknownCode(one.system, one.code, one.display, one.facts, one.kind) for one in await service.unmapped()
        ]
        return [one for one in every if one.system and one.code and one.display and not wrong(one)]

    return run(use, settings(store, str(root_of(ontology))), read_only=True)


def _as_json(made: Suggested, problems: list[str], output: Path | None) -> dict[str, Any]:
    return {
        "suggestions": [msgspec.to_builtins(one) for one in made.rows],
        "codes": made.codes,
        "covered": made.covered,
        "problems": problems,
        "output": str(output) if output else None,
    }
