"""Two versions of an ontology compared: the edits, what they change in what follows, what may be missing."""

from __future__ import annotations

from textwrap import shorten

import msgspec

from kgtwin.workbench.differences import Asserted, Version, asserted, label
from kgtwin.workbench.inferred import Change, Reasoned, inferred
from kgtwin.workbench.revisions import Side


class Comparison(msgspec.Struct, frozen=True):
    """From one version to another. ``notes`` say why the inferred part may be incomplete."""

    one: Version
    other: Version
    asserted: Asserted
    inferred: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether they differ."""
        return bool(self.asserted or self.inferred)

    def label(self, iri: str) -> str:
        """An entity's label in the later version, else in the earlier one."""
        return label(self.one, self.other, iri)


def compare(one: Side, other: Side, *, every: bool = False) -> Comparison:
    """Load two sides, classify both, and tell what differs; ``every``: all inferred pairs, not the direct ones only.

    Raises:
        OntologyError: a file of a side cannot be read or parsed, or an import is missing.
    """
    versions = Version.of(one), Version.of(other)
    edits = asserted(*versions)
    if not (edits.added or edits.removed or edits.entities):
        return Comparison(*versions, edits, ())
    reasoned = Reasoned(versions[0]), Reasoned(versions[1])
    changes = inferred(*reasoned, every=every)
    return Comparison(*versions, edits, changes, tuple(note for each in reasoned for note in _notes(each)))


def _notes(reasoned: Reasoned) -> list[str]:
    name = reasoned.version.side.name
    if reasoned.classification is None:
        return [f"{name} is inconsistent: from it everything follows, so that its conclusions are not compared"]
    caveats = (*reasoned.version.ontology.caveats, *reasoned.classification.caveats)
    if not caveats:
        return []
    first = shorten(caveats[0].text, 100, placeholder=" …")
    return [f"{name}: what the reasoner says follows, but it has {len(caveats)} caveats (`ontology classify`): {first}"]
