"""Which concepts of a SNOMED CT release count, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from kgtwin.errors import UsageError
from kgtwin.ontology.releases.digits import wrong_sctids
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_files import Component, ReleaseFiles, newest

PRIMITIVE: Final = "900000000000074008"
DEFINED: Final = "900000000000073002"
FULLY_SPECIFIED: Final = "900000000000003001"
SYNONYM: Final = "900000000000013009"
PREFERRED: Final = "900000000000548007"
_SCT_LENGTH: Final = 18


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What of a release is wanted.

    ``modules``: only their concepts (none: all); ``until``: the release as of a date, ``YYYYMMDD``; ``language``: of
    the labels; ``dialect``: the language reference set whose preferences count; ``names``: fully specified names or
    preferred synonyms; ``form``: axioms from the OWL reference set where there is one, or from relationships;
    ``retired``: inactive concepts too, as deprecated classes.
    """

    modules: frozenset[str] = frozenset()
    until: str = ""
    language: str = "en"
    dialect: str | None = None
    names: Literal["fsn", "preferred"] = "fsn"
    form: Literal["auto", "owl", "relationships"] = "auto"
    retired: bool = False


class Concepts(msgspec.Struct, frozen=True):
    """``known`` are all that the release has; ``kept`` the active ones of the modules that are wanted."""

    known: dict[str, Component]
    kept: dict[str, Component]

    def why_not(self, concept: str) -> tuple[str, str] | None:
        """Why an axiom cannot name a concept: a kind and a reason; None where it can."""
        found = self.known.get(concept)
        if found is None:
            return "unknown-concept", f"{concept[:_SCT_LENGTH]} is no concept of the release"
        return None if found.active else ("retired", f"{concept} is retired (inactive since {found.time})")


def read_concepts(files: ReleaseFiles, selection: Selection, log: Log) -> Concepts:
    """The concepts; one with a wrong check digit, an unknown definition status or a retired module is left out.

    Raises:
        UsageError: no concept belongs to the modules that are wanted.
    """
    found = newest(files, "concepts", log, until=selection.until)
    _drop_wrong_ids(found, log)
    for own in [own for own, one in found.items() if one.fields[0] not in (PRIMITIVE, DEFINED)]:
        one = found.pop(own)
        log.reject(
            "bad-value", f"definitionStatusId is {one.fields[0][:20]!r}", one.file, one.line, "definitionStatusId",
            expected=f"{PRIMITIVE} (primitive) or {DEFINED} (defined)", remedy="take the file from the release again",
        )  # fmt: skip
    _drop_retired_modules(found, log)
    kept = {own: one for own, one in found.items() if one.active}
    if selection.modules:
        kept = {own: one for own, one in kept.items() if one.module in selection.modules}
        if not kept:
            raise UsageError(
                "no active concept belongs to the modules that are wanted",
                expected="one or more of " + ", ".join(sorted({one.module for one in found.values()})[:20]),
            )
    return Concepts(found, kept)


def _drop_wrong_ids(found: dict[str, Component], log: Log, field: str = "id") -> None:
    ids = list(found)
    for place in wrong_sctids(ids):
        one = found.pop(ids[place])
        log.reject(
            "check-digit", f"{ids[place][:40]!r} is no SNOMED CT identifier", one.file, one.line, field,
            expected="6 to 18 digits with a valid Verhoeff check digit", remedy="correct it at its source",
        )  # fmt: skip


def _drop_retired_modules(found: dict[str, Component], log: Log) -> None:
    modules = {one.module for one in found.values()}
    retired = {module for module in modules if module in found and not found[module].active}
    for own in [own for own, one in found.items() if one.active and one.module in retired]:
        one = found.pop(own)
        log.reject(
            "inactive-module", f"the module {one.module} of {own} is retired", one.file, one.line, "moduleId",
            expected="an active module", remedy="take a release in which the concept's module is active",
        )  # fmt: skip


def read_names(
    files: ReleaseFiles, wanted: Iterable[str], selection: Selection, log: Log
) -> dict[str, tuple[str, str]]:
    """A term and its language for each concept of ``wanted`` that has one.

    In order: of the language, preferred in the dialect (or in any language reference set), the newest.
    """
    concepts = frozenset(wanted)
    kind = FULLY_SPECIFIED if selection.names == "fsn" else SYNONYM
    found = newest(
        files, "descriptions", log, until=selection.until, wanted=lambda f: f[6] == kind and f[4] in concepts
    )
    _drop_wrong_ids(found, log)
    by_concept: dict[str, list[tuple[str, Component]]] = {}
    for own, one in found.items():
        if one.active:
            by_concept.setdefault(one.fields[0], []).append((own, one))
    preferred = _preferred(files, by_concept, selection, log)
    names = {}
    for concept, those in by_concept.items():
        _, best = max(
            those, key=lambda pair: (_rank(pair[1].fields[1], selection), pair[0] in preferred, pair[1].time, pair[0])
        )
        names[concept] = best.fields[3], best.fields[1]
    return names


def _rank(language: str, selection: Selection) -> int:
    """The wanted language first, then English, then any."""
    return 2 if language == selection.language else int(language == "en")


def _preferred(
    files: ReleaseFiles, by_concept: Mapping[str, list[tuple[str, Component]]], selection: Selection, log: Log
) -> frozenset[str]:
    """Those descriptions that a language reference set prefers, of concepts that have several."""
    doubtful = {own for those in by_concept.values() if len(those) > 1 for own, _ in those}
    if not doubtful:
        return frozenset()
    members = newest(files, "languages", log, until=selection.until, wanted=lambda fields: fields[5] in doubtful)
    return frozenset(
        one.fields[1]
        for one in members.values()
        if one.active and one.fields[2] == PREFERRED and selection.dialect in (None, one.fields[0])
    )
