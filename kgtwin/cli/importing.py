"""``knowledge import``: published releases as OWL modules, read from a licensed copy, silent until reviewed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgtwin.cli.options import JsonOption, OntologyOption, note, print_json, settings
from kgtwin.errors import UsageError
from kgtwin.model.issue import Significance

if TYPE_CHECKING:
    from kgtwin.workbench.importing import ImportReport, Job

knowledge_app = typer.Typer(
    help="Bring in clinical knowledge from elsewhere.", no_args_is_help=True, rich_markup_mode=None
)
import_app = typer.Typer(
    help="Import a published release as an OWL module; its statements are silent until reviewed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
knowledge_app.add_typer(import_app, name="import")
_HELD = 20


class Form(StrEnum):
    """What axioms are made of."""

    AUTO = "auto"
    OWL = "owl"
    RELATIONSHIPS = "relationships"


class Names(StrEnum):
    """What labels are."""

    FSN = "fsn"
    PREFERRED = "preferred"


class Context(StrEnum):
    """When a condition counts."""

    NOW = "now"
    EVER = "ever"


class ReviewAnswer(StrEnum):
    """Whether a source is trusted as it is."""

    NONE = "none"
    ACCEPT = "accept"


OutputOption = Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="The module's file (.ofn).")]
NameOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Names the module; keep it from release to release.")
]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="TEXT", help="What people call the source.")]
VersionOption = Annotated[
    str | None, typer.Option("--release", metavar="TEXT", help="The version, where the files do not say it.")
]
MappingsOption = Annotated[
    list[Path] | None,
    typer.Option("--mappings", metavar="PATH", help="More SSSOM files, or folders of them; may be repeated."),
]
ReviewOption = Annotated[
    ReviewAnswer, typer.Option("--review", help="accept: the source is trusted, its statements act at once.")
]
ReviewerOption = Annotated[str, typer.Option("--reviewer", metavar="WHO", help="Who accepts the source.")]
SystemicOption = Annotated[bool, typer.Option("--systemic", help="Only medicines with a systemic route count.")]
SeparatorOption = Annotated[
    str | None, typer.Option("--separator", metavar="CHAR", help="Default: a comma in .csv, else a tab.")
]
RetiredOption = Annotated[bool, typer.Option("--retired", help="Retired concepts too, as deprecated classes.")]
DrugSystemOption = Annotated[
    str | None, typer.Option("--drug-system", metavar="PREFIX", help="Of codes without prefix, such as rxnorm.")
]


@import_app.command()
def snomed(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An unpacked SNOMED CT release.")],
    output: OutputOption,
    module: Annotated[
        list[str] | None, typer.Option("--module", metavar="SCTID", help="Only this module; may be repeated.")
    ] = None,
    until: Annotated[str, typer.Option("--until", metavar="YYYYMMDD", help="The release as of this date.")] = "",
    language: Annotated[str, typer.Option("--language", metavar="CODE", help="Of the labels.")] = "en",
    dialect: Annotated[
        str | None, typer.Option("--dialect", metavar="SCTID", help="The language reference set that prefers names.")
    ] = None,
    names: Annotated[Names, typer.Option("--names", help="Fully specified names, or preferred synonyms.")] = Names.FSN,
    form: Annotated[Form, typer.Option("--form", help="Which files say what concepts mean.")] = Form.AUTO,
    retired: RetiredOption = False,
    name: NameOption = None,
    source: SourceOption = None,
    release: VersionOption = None,
    as_json: JsonOption = False,
) -> int:
    """SNOMED CT, Release Format 2: concepts, names, and axioms. Needs an affiliate licence."""
    from kgtwin.ontology.releases.snomed_concepts import Selection  # noqa: PLC0415
    from kgtwin.workbench import importing  # noqa: PLC0415

    if until and not (len(until) == 8 and until.isascii() and until.isdigit()):
        raise UsageError(f"--until {until[:20]!r}", expected="a date as YYYYMMDD")
    selection = Selection(
        modules=frozenset(module or ()),
        until=until,
        language=language,
        dialect=dialect,
        names=names.value,
        form=form.value,
        retired=retired,
    )
    return _told(importing.import_snomed(folder, selection, _job(output, name, source, release)), as_json)


@import_app.command()
def rxnorm(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An unpacked RxNorm release.")],
    output: OutputOption,
    retired: RetiredOption = False,
    ontology: OntologyOption = None,
    name: NameOption = None,
    source: SourceOption = None,
    release: VersionOption = None,
    as_json: JsonOption = False,
) -> int:
    """RxNorm, Rich Release Format: ingredients, products, dose forms, strengths, tradenames."""
    from kgtwin.workbench import importing  # noqa: PLC0415

    job = _job(output, name, source, release, ontology)
    return _told(importing.import_rxnorm(folder, job, retired=retired), as_json)


@import_app.command()
def medrt(
    file: Annotated[Path, typer.Argument(metavar="XML", help="Core_MEDRT_….xml.")],
    output: OutputOption,
    mesh: Annotated[Path | None, typer.Option("--mesh", metavar="XML", help="MeSH descriptors, desc….xml.")] = None,
    review: ReviewOption = ReviewAnswer.NONE,
    reviewer: ReviewerOption = "",
    ontology: OntologyOption = None,
    mappings: MappingsOption = None,
    name: NameOption = None,
    release: VersionOption = None,
    as_json: JsonOption = False,
) -> int:
    """MED-RT with MeSH: classes of medicines, what they do and treat, contraindications."""
    from kgtwin.workbench import importing  # noqa: PLC0415

    job = _job(output, name, None, release, ontology, mappings, review, reviewer)
    return _told(importing.import_medrt(file, mesh, job), as_json)


@import_app.command()
def contraindications(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Tab- or comma-separated, with a header line.")],
    output: OutputOption,
    drug: Annotated[str, typer.Option("--drug", metavar="COLUMN", help="Codes or names of ingredients.")],
    condition: Annotated[str, typer.Option("--condition", metavar="COLUMN", help="Codes or names of conditions.")],
    drug_name: Annotated[
        str | None, typer.Option("--drug-name", metavar="COLUMN", help="The words beside a code.")
    ] = None,
    condition_name: Annotated[
        str | None, typer.Option("--condition-name", metavar="COLUMN", help="The words beside a code.")
    ] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="COLUMN", help="What the source says.")] = None,
    significance: Annotated[str | None, typer.Option("--significance", metavar="COLUMN")] = None,
    default: Annotated[
        Significance, typer.Option("--default-significance", help="Where the table does not say.")
    ] = Significance.CONTRAINDICATED,
    context: Annotated[
        Context, typer.Option("--context", help="now: the condition is present; ever: history counts.")
    ] = Context.NOW,
    drug_system: DrugSystemOption = None,
    condition_system: Annotated[
        str | None,
        typer.Option("--condition-system", metavar="PREFIX", help="Of codes without prefix, such as snomed."),
    ] = None,
    systemic: SystemicOption = False,
    separator: SeparatorOption = None,
    review: ReviewOption = ReviewAnswer.NONE,
    reviewer: ReviewerOption = "",
    ontology: OntologyOption = None,
    mappings: MappingsOption = None,
    name: NameOption = None,
    source: SourceOption = None,
    release: VersionOption = None,
    as_json: JsonOption = False,
) -> int:
    """A table of medicines and conditions; only what is exactly the same in the ontology is used."""
    from kgtwin.ontology.releases.contraindications import Columns, Defaults  # noqa: PLC0415
    from kgtwin.workbench import importing  # noqa: PLC0415

    columns = Columns(
        drug=drug,
        condition=condition,
        drug_name=drug_name,
        condition_name=condition_name,
        evidence=evidence,
        significance=significance,
    )
    defaults = Defaults(
        drug_system=drug_system,
        condition_system=condition_system,
        significance=default,
        context=context.value,
        systemic=systemic,
        separator=separator,
    )
    job = _job(output, name, source, release, ontology, mappings, review, reviewer)
    return _told(importing.import_contraindications(table, columns, defaults, job), as_json)


@import_app.command()
def interactions(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Tab- or comma-separated, with a header line.")],
    output: OutputOption,
    drug_a: Annotated[str, typer.Option("--drug-a", metavar="COLUMN", help="Codes or names of ingredients.")],
    drug_b: Annotated[str, typer.Option("--drug-b", metavar="COLUMN", help="Codes or names of ingredients.")],
    significance: Annotated[str | None, typer.Option("--significance", metavar="COLUMN")] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="COLUMN", help="What the source says.")] = None,
    default: Annotated[
        Significance, typer.Option("--default-significance", help="Where the table does not say.")
    ] = Significance.MAJOR,
    drug_system: DrugSystemOption = None,
    systemic: SystemicOption = False,
    separator: SeparatorOption = None,
    review: ReviewOption = ReviewAnswer.NONE,
    reviewer: ReviewerOption = "",
    ontology: OntologyOption = None,
    mappings: MappingsOption = None,
    name: NameOption = None,
    source: SourceOption = None,
    release: VersionOption = None,
    as_json: JsonOption = False,
) -> int:
    """A table of pairs of medicines that interact."""
    from kgtwin.ontology.releases.interactions import PairColumns, PairDefaults  # noqa: PLC0415
    from kgtwin.workbench import importing  # noqa: PLC0415

    columns = PairColumns(first=drug_a, second=drug_b, significance=significance, evidence=evidence)
    defaults = PairDefaults(drug_system=drug_system, significance=default, systemic=systemic, separator=separator)
    job = _job(output, name, source, release, ontology, mappings, review, reviewer)
    return _told(importing.import_interactions(table, columns, defaults, job), as_json)


@import_app.command()
def obo(
    file: Annotated[Path, typer.Argument(metavar="OBO", help="An ontology in OBO format.")],
    output: OutputOption,
    name: NameOption = None,
    source: SourceOption = None,
    release: VersionOption = None,
    as_json: JsonOption = False,
) -> int:
    """An OBO ontology, in functional syntax, with its source and version."""
    from kgtwin.workbench import importing  # noqa: PLC0415

    return _told(importing.import_obo(file, _job(output, name, source, release)), as_json)


def _job(
    output: Path,
    name: str | None,
    source: str | None,
    release: str | None,
    ontology: str | None = None,
    mappings: list[Path] | None = None,
    review: ReviewAnswer = ReviewAnswer.NONE,
    reviewer: str = "",
) -> Job:
    from kgtwin.ontology.releases.statements import Review  # noqa: PLC0415
    from kgtwin.workbench.importing import Job  # noqa: PLC0415

    if reviewer and review is ReviewAnswer.NONE:
        raise UsageError("--reviewer without --review accept", expected="both, or neither")
    for path in mappings or ():
        if not path.exists():
            raise UsageError("there is no such file or folder", where=str(path), expected="SSSOM files for --mappings")
    chosen = settings(None, ontology)
    return Job(
        output=output,
        name=name,
        source=source,
        version=release,
        ontology=chosen.ontology,
        mappings=(chosen.mappings, *(mappings or ())),
        review=Review(review is ReviewAnswer.ACCEPT, reviewer),
    )


def _told(report: ImportReport, as_json: bool) -> int:
    """Says what an import did; 1 where something was left out."""
    if as_json:
        print_json(report.to_dict())
        return 1 if report.rejected else 0
    for problem in report.problems:
        note(f"{'rejected' if problem.rejected else 'note'}: {problem}")
    for kind, more in report.untold.items():
        note(f"… and {more} more of the kind {kind}")
    counts = ", ".join(f"{count} {what}" for what, count in report.counts.items())
    typer.echo(f"{report.source} {report.version}: {counts}; written to {report.output} as <{report.module}>")
    for one in report.held[:_HELD]:
        typer.echo(f"held: {one['label']}: {one['why']} ({one['where']})")
    if len(report.held) > _HELD:
        typer.echo(f"… and {len(report.held) - _HELD} more are held; --json lists them all")
    for name in report.changed:
        typer.echo(f"changed since it was reviewed, silent again: {name}")
    if report.rejected:
        typer.echo(f"rejected: {report.rejected} (reasons on standard error); everything else was written")
    return 1 if report.rejected else 0
