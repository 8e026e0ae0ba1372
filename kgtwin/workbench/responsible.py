"""Which edits are responsible for a change: a minimal set of them that makes it, or undoes it.

An issue is gained by edits that, made in the earlier version alone, give it; it is lost or changed by edits that,
undone in the later version, give it back as it was. So both are what is missing on one side for the issue of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.derive import abbreviated
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.owl_text import render
from kgtwin.workbench.differences import AxiomEdit
from kgtwin.workbench.edits import CHANGED, Edit

TRIES = 400
"""So many times edits are made or suffices to see what then follows; beyond, causes are told without proof."""
Suffices = Callable[[frozenset[Edit]], bool]


class Question(msgspec.Struct, frozen=True):
    """What happened to an issue: it was gained, lost or changed."""

    effect: str
    before: DetectedIssue | None
    after: DetectedIssue | None

    @property
    def statement(self) -> str:
        """The IRI of the statement."""
        found = self.after or self.before
        assert found is not None
        return to_iri(found.statement)

    def axioms(self) -> frozenset[str]:
        """What the derivations on both sides use, as text."""
        sides = (issue for issue in (self.before, self.after) if issue is not None)
        return frozenset(ref.text for issue in sides for ref in issue.derivation.axioms)


class Finder:
    """Finds the responsible edits. What has the same derivation has the same ones, if they suffice for it, too."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._texts = {edit: _text(edit) for edit in edits}
        self._known: dict[tuple[str, str, frozenset[str]], tuple[tuple[Edit, ...], bool]] = {}
        self._tries = 0

    def find(self, question: Question, suffices: Suffices) -> tuple[tuple[Edit, ...], bool]:
        """The edits in order, and whether it was seen that they suffice and that none of them can be left out."""
        key = question.effect, question.statement, question.axioms()
        known = self._known.get(key)
        if known is None or (known[1] and not suffices(frozenset(known[0]))):
            known = self._known[key] = self._find(question, suffices)
        return known

    def _find(self, question: Question, suffices: Suffices) -> tuple[tuple[Edit, ...], bool]:
        def tried(edits: frozenset[Edit]) -> bool:
            self._tries += 1
            return suffices(edits)

        groups = list(self._candidates(question))
        for group in groups:
            if self._tries >= TRIES:
                break
            if tried(frozenset(group)):
                found = minimal(group, tried, lambda: self._tries >= TRIES)
                return self._ordered(found), self._tries < TRIES
        return self._ordered(next((group for group in groups if group), ())), False

    def _candidates(self, question: Question) -> Iterator[tuple[Edit, ...]]:
        """Sets of edits, the likeliest first; all edits together are certainly enough."""
        used = question.axioms()
        derived = tuple(edit for edit in self._edits if self._texts[edit] in used)
        own = frozenset({question.statement})
        annotated = tuple(edit for edit in self._edits if edit.action == CHANGED and edit.touches(own))
        about = tuple(edit for edit in self._edits if edit.touches(own))
        groups = (annotated, derived) if question.effect == CHANGED else (derived, annotated)
        yield from (group for group in dict.fromkeys((*groups, (*derived, *about))) if group)
        yield tuple(self._edits)

    def _ordered(self, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        return tuple(edit for edit in self._edits if edit in set(edits))


def _text(edit: Edit) -> str | None:
    """An axiom as derivations name it."""
    return abbreviated(render(edit.what.axiom)) if isinstance(edit.what, AxiomEdit) else None


def minimal(edits: Sequence[Edit], suffices: Suffices, is_over: Callable[[], bool]) -> tuple[Edit, ...]:
    """The edits of a set that suffices without which it does not: halves are left out first, then quarters, then one.

    >>> a, b, c, d = (Edit("added", AxiomEdit(None, name, None, None)) for name in "abcd")
    >>> [one.what.text for one in minimal([a, b, c, d], lambda some: {b, d} <= some, lambda: False)]
    ['b', 'd']
    """
    kept = tuple(dict.fromkeys(edits))
    size = len(kept) // 2
    while size and not is_over():
        before, at = kept, 0
        while at < len(kept) and not is_over():
            rest = (*kept[:at], *kept[at + size :])
            if rest and suffices(frozenset(rest)):
                kept = rest
            else:
                at += size
        size = 1 if size == 1 and kept != before else size // 2  # what was needed may no longer be
    return kept
