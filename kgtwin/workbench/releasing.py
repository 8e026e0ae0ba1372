"""A release: what an ontology says, what follows, its mappings, its terms, in files that anyone can check and load.

The same input gives the same bytes: no clock, no path of a machine, no order but a stated one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from kgtwin.errors import UsageError
from kgtwin.ontology import rdf_graph
from kgtwin.ontology.document_text import STEMS, lines
from kgtwin.ontology.nodes import Node
from kgtwin.ontology.obograph import obograph
from kgtwin.ontology.rdf_triples import triples
from kgtwin.reasoning import Classification
from kgtwin.terminology.sssom_table import Table, files_of, read_table, write
from kgtwin.vocabulary import DCTERMS
from kgtwin.workbench import mapping_sets, previous, revisions
from kgtwin.workbench.changelog import Changes, markdown
from kgtwin.workbench.checking import Memory, check
from kgtwin.workbench.comparison import compare
from kgtwin.workbench.findings import Finding, failed
from kgtwin.workbench.merging import classified, merged
from kgtwin.workbench.project import Project
from kgtwin.workbench.statistics import statistics
from kgtwin.workbench.terms_of_use import notice, own_file

SUMS = "SHA256SUMS"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_WHAT = {
    ".ofn": "OWL functional syntax, all modules in one",
    ".ttl": "the same as Turtle",
    "-classified.ofn": "with the direct subsumptions and equivalences that follow",
    "-classified.ttl": "the same as Turtle",
    ".obographs.json": "OBO Graph JSON, classified",
}


class Released(msgspec.Struct, frozen=True):
    """What was written (nothing, where a finding is an error); ``files`` are names in ``folder`` with their digests."""

    folder: str
    version: str
    files: dict[str, str]
    findings: tuple[Finding, ...]
    changes: dict[str, Any] | None = None

    @property
    def refused(self) -> bool:
        return failed(self.findings)


def release(
    path: Path,
    output: Path,
    *,
    earlier: str | None = None,
    version: str | None = None,
    issued: dt.date | None = None,
) -> Released:
    """Checks an ontology and, if nothing is wrong, writes its release into a new or empty folder, whole or not at all.

    ``issued`` is by default the date that the version is or begins with, if it does.

    Raises:
        UsageError: the folder has files, the version is none, there is no such earlier one.
        OntologyError: the earlier version cannot be read, or a file cannot be written.
    """
    _refuse_full(output)
    memory = Memory()
    findings = [*check(path, memory=memory).findings]
    project, classification = memory.project, memory.classification
    if project is None or classification is None or failed(findings):
        return Released(str(output), version or "", {}, tuple(findings))
    sets, wrong = mapping_sets.read_sets(project.root.parent / "mappings")
    findings += wrong
    chosen = _version(project, version)
    if failed(findings):
        return Released(str(output), chosen, {}, tuple(findings))
    made = _Release(project, classification, sets, chosen, issued or _date_in(chosen))
    changes = made.changes(earlier) if earlier else None
    files = made.files(changes)
    _write(output, files)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return Released(str(output), chosen, sums, tuple(findings), changes.counts() if changes else None)


class _Release:
    def __init__(
        self,
        project: Project,
        classification: Classification,
        sets: list[mapping_sets.MappingFile],
        version: str,
        issued: dt.date | None,
    ) -> None:
        self.project, self.classification, self.version, self.issued = project, classification, version, issued
        self.sets = sets
        self.name = project.root.stem
        self.iri = (project.ontology.iri or "").rstrip("/#")
        self.title = project.modules[0].header(f"{DCTERMS}title") or self.name
        self.mappings = mapping_sets.together(
            sets, f"{self.iri}/{version}/mappings", f"{self.title}: mappings", version
        )

    def changes(self, earlier: str) -> Changes:
        with previous.opened(earlier, self.project.root) as (before, folder):
            old = mapping_sets.triples(read_table(file) for file in files_of(folder))
            with revisions.opened(str(self.project.root.resolve())) as now:
                return Changes(compare(before, now), (old, mapping_sets.triples(self.mappings)))

    def files(self, changes: Changes | None) -> dict[str, bytes]:
        """Every file by name, the digests last."""
        whole = merged(self.project, self.version, self.issued)
        found = self._ontologies(whole)
        for number, table in enumerate(self.mappings, 1):
            number_of = "" if len(self.mappings) == 1 else f"-{number}"
            found[f"{self.name}-mappings{number_of}.sssom.tsv"] = _text(write(table))
        all_rows = Table({}, {}, tuple(row for table in self.mappings for row in table.rows))
        found["statistics.json"] = _json(statistics(self.project, self.classification, all_rows, self.issued))
        found["CHANGES.md"] = _text(markdown(changes, self.title, self.version))
        found |= self._terms()
        found[previous.MANIFEST] = _json(self._manifest(found, changes))
        found[SUMS] = _text(f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(found.items()))
        return found

    def _ontologies(self, whole: Node) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for ending, tree in (("", whole), ("-classified", classified(whole, self.classification))):
            found[f"{self.name}{ending}.ofn"] = _text(lines(tree))
            found[f"{self.name}{ending}.ttl"] = rdf_graph.write(triples(tree), STEMS)
        graph = obograph(self.project.ontology, self.classification, version=self.version)
        found[f"{self.name}.obographs.json"] = _json(graph)
        return found

    def _terms(self) -> dict[str, bytes]:
        folder = self.project.root.parent.resolve()
        found = {"NOTICE": _text(notice(self.project, [one.table for one in self.sets], self.version))}
        if (own := own_file(folder, "NOTICE")) is not None:
            found["NOTICE"] += b"\n" + own
        if (licence := own_file(folder, "LICENSE")) is not None:
            found["LICENSE"] = licence
        return found

    def _manifest(self, files: dict[str, bytes], changes: Changes | None) -> dict[str, Any]:
        caveats = (*self.project.ontology.caveats, *self.classification.caveats)
        return {
            "ontology": self.project.ontology.iri,
            "version": self.version,
            "issued": self.issued.isoformat() if self.issued else None,
            "since": changes.since if changes else None,
            "digest": self.project.ontology.digest,
            "merged": f"{self.name}.ofn",
            "caveats": [{"code": one.code.value, "text": one.text} for one in caveats],
            "files": [self._entry(name, data) for name, data in sorted(files.items())],
        }

    def _entry(self, name: str, data: bytes) -> dict[str, Any]:
        what = _WHAT.get(name.removeprefix(self.name))
        return {
            "name": name,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            **({"what": what} if what else {}),
        }


def _version(project: Project, given: str | None) -> str:
    found = given or project.ontology.version
    if given is None and project.ontology.digest.startswith(found):
        raise UsageError(
            "the ontology states no version",
            where=str(project.root),
            remedy="give --version, or add an owl:versionInfo",
        )
    if not _VERSION.fullmatch(found):
        raise UsageError(f"{found!r} cannot be a version", expected="letters, digits, '.', '_', '+' or '-'")
    return found


def _date_in(version: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(version[:10])
    except ValueError:
        return None


def _text(written: Iterable[str]) -> bytes:
    return ("\n".join(written) + "\n").encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _refuse_full(output: Path) -> None:
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise UsageError("this is there already", where=str(output), expected="a new or empty folder")


def _write(output: Path, files: dict[str, bytes]) -> None:
    """All files into a folder that appears at once."""
    target = output.resolve()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, part, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            for name, data in files.items():
                (part / name).write_bytes(data)
            if target.exists():
                target.rmdir()
            part.rename(target)
        except OSError as error:
            raise UsageError(
                f"this cannot be written: {error.strerror}", where=str(output), expected="a folder you may write"
            ) from None
