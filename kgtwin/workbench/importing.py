"""Imports published releases as OWL modules: one function a release, each writing one file or none.

What is wrong in a release is told in the answer and left out; the rest is written. Statements are silent until they are
reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from kgtwin.errors import TerminologyError, UsageError
from kgtwin.model.problem import Location, Problem
from kgtwin.ontology.collecting import no_collection
from kgtwin.ontology.loader import load
from kgtwin.ontology.releases import contraindications, interactions, medrt, medrt_file, mesh, obo, rxnorm, rxnorm_files
from kgtwin.ontology.releases import snomed as snomed_release
from kgtwin.ontology.releases.contraindications import Columns, Defaults
from kgtwin.ontology.releases.interactions import PairColumns, PairDefaults
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.resolving import Resolver
from kgtwin.ontology.releases.rows import digest_of_files
from kgtwin.ontology.releases.snomed_concepts import Selection
from kgtwin.ontology.releases.snomed_files import find_files
from kgtwin.ontology.releases.statements import Review, StatementModule, changed_since_review, imports_of, read_old
from kgtwin.ontology.releases.told import Told
from kgtwin.ontology.releases.writing import Provenance, write_whole
from kgtwin.terminology.sssom import SUFFIX, Pair, read_pairs

_SLUG = re.compile(r"[^a-z0-9]+")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What every import is told. ``name`` names the module and is part of its statements' names: it must not change.

    ``source`` is what people call it, ``version`` of the release where its files do not say; ``ontology`` and
    ``mappings`` (files or folders of SSSOM) resolve codes and names.
    """

    output: Path
    name: str | None = None
    source: str | None = None
    version: str | None = None
    ontology: Path | None = None
    mappings: tuple[Path, ...] = ()
    review: Review = Review()
    today: date | None = None


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did. ``held``: statements that stay silent whatever is accepted, and why.

    ``changed``: statements that were reviewed and now say something else; they are silent again.
    """

    module: str
    source: str
    version: str
    digest: str
    output: str
    counts: dict[str, int]
    rejected: int = 0
    problems: tuple[Problem, ...] = ()
    untold: dict[str, int] = {}
    held: tuple[dict[str, str], ...] = ()
    changed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def import_snomed(folder: Path, selection: Selection, job: Job) -> ImportReport:
    """A SNOMED CT release in Release Format 2.

    Raises:
        OntologyError: a file is missing, cannot be read, or does not name its columns.
        UsageError: nothing belongs to the modules that are wanted, or the output cannot be written.
    """
    log = Log()
    files = find_files(folder)
    with no_collection():
        module = snomed_release.read(files, selection, log)
        provenance = _provenance(job, "snomed", "SNOMED CT", module.version, files.all(), snomed_release.LICENCE)
        write_whole(module.lines(provenance), job.output)
    return _report(provenance, job, log, module.counts())


def import_rxnorm(folder: Path, job: Job, *, retired: bool = False) -> ImportReport:
    """An RxNorm release in Rich Release Format; the labels that the ontology of the job has stay its own."""
    log = Log()
    files = rxnorm_files.find(folder)
    with no_collection():
        release = rxnorm_files.read(files, retired=retired, log=log)
        told = Told(load(job.ontology)) if job.ontology else None
        module = rxnorm.RxNormModule(release, told, str(files["RXNREL"]), log)
        provenance = _provenance(job, "rxnorm", "RxNorm", release.version, files.values(), rxnorm.LICENCE)
        write_whole(module.lines(provenance), job.output)
    return _report(provenance, job, log, module.counts())


def import_medrt(file: Path, descriptors: Path | None, job: Job) -> ImportReport:
    """A MED-RT release, with the MeSH descriptors that it points to."""
    log = Log()
    release = medrt_file.read(file, log)
    concepts = mesh.read(descriptors, log) if descriptors else {}
    files = [file, *([descriptors] if descriptors else [])]
    provenance = _provenance(job, "medrt", medrt.SOURCE, release.version, files, medrt.LICENCE)

    def read(resolver: Resolver) -> StatementModule:
        return medrt.read(release, concepts, resolver, provenance.slug, str(file), log)

    return _statements(read, provenance, job, log)


def import_contraindications(file: Path, columns: Columns, defaults: Defaults, job: Job) -> ImportReport:
    """A table of medicines and conditions."""
    log = Log()
    provenance = _table(file, job)
    source = (provenance.slug, provenance.source)
    return _statements(
        lambda resolver: contraindications.read(file, columns, defaults, resolver, source, log), provenance, job, log
    )


def import_interactions(file: Path, columns: PairColumns, defaults: PairDefaults, job: Job) -> ImportReport:
    """A table of pairs of medicines."""
    log = Log()
    provenance = _table(file, job)
    source = (provenance.slug, provenance.source)
    return _statements(
        lambda resolver: interactions.read(file, columns, defaults, resolver, source, log), provenance, job, log
    )


def import_obo(file: Path, job: Job) -> ImportReport:
    """An ontology in OBO format."""
    log = Log()
    with no_collection():
        document = obo.read(file, log)
        licence, version = obo.licence_of(document), obo.version_of(document)
        provenance = _provenance(job, slug(file.stem), file.stem, version, [file], licence)
        write_whole(obo.lines_of(document, provenance), job.output)
    return _report(provenance, job, log, {"entities": len(document.declared), "axioms": len(document.axioms)})


def slug(text: str) -> str:
    """A name as a module's IRI holds it.

    >>> slug("Label contraindications (2026)")
    'label-contraindications-2026'
    """
    return _SLUG.sub("-", text.lower()).strip("-") or "import"


def _table(file: Path, job: Job) -> Provenance:
    return _provenance(job, slug(file.stem), job.source or file.name, "", [file], "As the table's owner states.")


def _provenance(job: Job, name: str, source: str, version: str, files: Iterable[Path], licence: str) -> Provenance:
    files = list(files)
    if job.output.resolve() in {file.resolve() for file in files}:
        raise UsageError("the output is one of the files to read", where=str(job.output), expected="another file")
    found = digest_of_files(files)
    return Provenance(
        slug=slug(job.name) if job.name else name,
        source=job.source or source,
        version=job.version or version or f"sha256:{found[:12]}",
        digest=found,
        imported=job.today or datetime.now(UTC).date(),
        licence=licence,
    )


def _statements(
    read: Callable[[Resolver], StatementModule], provenance: Provenance, job: Job, log: Log
) -> ImportReport:
    """Resolves, writes statements beside what an earlier import left, and tells what it did."""
    if job.ontology is None:
        raise UsageError("no ontology resolves codes and names", expected="--ontology FILE")
    with no_collection():
        told = Told(load(job.ontology))
        module = read(Resolver(told, _pairs(job.mappings, log)))
        module.imports = imports_of(told.ontology.annotations)
        old = read_old(job.output)
        changed = changed_since_review(module, provenance, old)
        write_whole(module.lines(provenance, job.review, old), job.output)
    held = tuple(module.held(provenance.slug))
    counts = {
        "statements": len(module.statements),
        "held": len(held),
        "merged rows": module.merged,
        "removed": len(old.keys() - module.statements.keys()),
        "new": len(module.statements.keys() - old.keys()),
    }
    return _report(provenance, job, log, counts, held, tuple(changed))


def _pairs(paths: Iterable[Path], log: Log) -> list[Pair]:
    """The rows of mapping files; a wrong row, or a file that cannot be read, is told."""
    found: list[Pair] = []
    for path in paths:
        for file in sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]:
            try:
                pairs, problems = read_pairs(file)
            except TerminologyError as error:
                pairs, problems = [], [Problem.of(error, Location(error.where or str(file)))]
            found += pairs
            for problem in problems:
                log.add(problem)
    return found


def _report(
    provenance: Provenance,
    job: Job,
    log: Log,
    counts: dict[str, int],
    held: tuple[dict[str, str], ...] = (),
    changed: tuple[str, ...] = (),
) -> ImportReport:
    return ImportReport(
        module=provenance.iri,
        source=provenance.source,
        version=provenance.version,
        digest=provenance.digest,
        output=str(job.output),
        counts=counts,
        rejected=log.rejected,
        problems=tuple(log.problems),
        untold=log.untold,
        held=held,
        changed=changed,
    )
