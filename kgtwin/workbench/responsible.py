"""Which edits are responsible for a change: a minimal set of them that makes it, or undoes it.

An issue is gained by edits that, made in the earlier version alone, give it; it is lost or changed by edits that,
undone in the later version, give it back as it was. So both are what is missing on one side for the issue of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.derive import abbreviated
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.owl_text import render
from kgtwin.workbench.differences import AxiomEdit
from kgtwin.workbench.edits import CHANGED, Edit

TRIES = 1_000
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
    """Finds the responsible edits. What has the same derivation has the same ones, if they suffice for it, too.

    ``whole`` are the statements that only one version has at all. Their annotations come and go with them: they are
    always tried together and not named.
    """

    def __init__(self, edits: Sequence[Edit], whole: Collection[str] = ()) -> None:
        self._edits, self._whole = edits, whole
        self._texts = {edit: _text(edit) for edit in edits}
        self._known: dict[tuple[str, str, frozenset[str]], tuple[tuple[Edit, ...], bool]] = {}
        self._tries = 0

    def find(self, question: Question, suffices: Suffices) -> tuple[tuple[Edit, ...], bool]:
        """The edits in order, and whether it was seen that they suffice and that none of them can be left out."""
        key = question.effect, question.statement, question.axioms()

        own = frozenset(self._notes(question.statement)) if question.statement in self._whole else frozenset[Edit]()

        def tried(some: frozenset[Edit]) -> bool:
            self._tries += 1
            return suffices(some | own)

        known = self._known.get(key)
        if known is not None and (self._is_over() or not known[1]):
            return known[0], False
        if known is None or not tried(frozenset(known[0])):
            known = self._known[key] = self._find(question, tried)
        return known

    def _is_over(self) -> bool:
        return self._tries >= TRIES

    def _find(self, question: Question, tried: Suffices) -> tuple[tuple[Edit, ...], bool]:
        groups = list(self._candidates(question))
        for group in groups:
            if self._is_over():
                break
            if tried(frozenset(group)):
                return self._ordered(minimal(group, tried, self._is_over)), not self._is_over()
        return self._ordered(next((group for group in groups if group), ())), False

    def _candidates(self, question: Question) -> Iterator[tuple[Edit, ...]]:
        """Sets of edits, the likeliest first; all edits together are certainly enough."""
        used = question.axioms()
        derived = tuple(edit for edit in self._edits if self._texts[edit] in used)
        annotated = () if question.statement in self._whole else self._notes(question.statement)
        about = tuple(edit for edit in self._edits if edit.touches(frozenset({question.statement})))
        groups = (annotated, derived) if question.effect == CHANGED else (derived, annotated)
        yield from (group for group in dict.fromkeys((*groups, (*derived, *about))) if group)
        yield tuple(self._edits)

    def _notes(self, statement: str) -> tuple[Edit, ...]:
        """The edits of a statement's annotations."""
        names = frozenset({statement})
        return tuple(edit for edit in self._edits if edit.action == CHANGED and edit.touches(names))

    def _ordered(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        found = set(edits)
        return tuple(edit for edit in self._edits if edit in found)


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
