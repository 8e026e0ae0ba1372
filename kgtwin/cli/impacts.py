"""What ``ontology impact`` shows: as text, as Markdown for a pull request, as plain values. Patients' ids, no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kgtwin.cli.comparison import (
    annotation_dict,
    annotation_sign,
    annotation_text,
    axiom_dict,
    side,
    side_dict,
)
from kgtwin.cli.counting import counted
from kgtwin.cli.markdown import code, table, words
from kgtwin.cli.render import columns
from kgtwin.model.issue import Significance
from kgtwin.vocabulary import NOT_VALIDATED
from kgtwin.workbench.differences import AxiomEdit
from kgtwin.workbench.edits import ADDED, Edit
from kgtwin.workbench.impact import Effect, Impact, IssueChange

SHOWN = 10
"""So many patients of a group are named."""
_UNSURE = "(likely; not proven by trial)"


class Group(NamedTuple):
    """Changes of one statement with one effect and one cause, of several patients."""

    changes: tuple[IssueChange, ...]

    @property
    def first(self) -> IssueChange:
        return self.changes[0]

    @property
    def significance(self) -> str:
        """Of the issue; where it changes, from what to what."""
        sides = (issue.significance.value for issue in (self.first.before, self.first.after) if issue is not None)
        return " → ".join(dict.fromkeys(sides))

    @property
    def effect(self) -> str:
        """What happens how often."""
        fields = f" ({', '.join(self.first.fields)})" if self.first.fields else ""
        return f"{len(self.changes)} {self.first.effect.value}{fields}"

    @property
    def patients(self) -> list[str]:
        return sorted({change.issue.patient for change in self.changes})


def groups(found: Impact) -> list[Group]:
    """The changes that people read as one, in order."""
    together: dict[object, list[IssueChange]] = {}
    for change in found.changes:
        sides = tuple(issue and issue.significance for issue in (change.before, change.after))
        key = change.issue.statement, change.effect, sides, change.fields, change.causes, change.certain
        together.setdefault(key, []).append(change)
    return [Group(tuple(some)) for some in together.values()]


def text(found: Impact) -> str:
    """For people."""
    lines = [f"A: {side(found.one)}", f"B: {side(found.other)}", "", summary(found)]
    if found.changes:
        names = ("significance", *(effect.value for effect in Effect))
        lines += ["", columns(names, [(name, *map(str, row)) for name, row in counts(found)])]
    for group in groups(found):
        lines += ["", *_group_lines(group, found)]
    if found.contradicted:
        lines += ["", f"their facts contradict B, not A: {_patients(found.contradicted)}"]
    return "\n".join([*lines, "", NOT_VALIDATED])


def _group_lines(group: Group, found: Impact) -> Iterator[str]:
    issue = group.first.issue
    yield f"{group.effect}, {group.significance}: “{issue.title}” ({issue.kind.value}, {issue.statement})"
    yield f"    patients {_patients(group.patients)}"
    yield from (f"    {edit_text(edit, found)}  {edit.place or ''}".rstrip() for edit in group.first.causes)
    if not group.first.certain:
        yield f"    {_UNSURE}"


def markdown(found: Impact) -> str:
    """For a pull request."""
    lines = [
        f"### Patients: {code(found.one.side.name)} → {code(found.other.side.name)}",
        "",
        words(summary(found)),
        "",
    ]
    if found.changes:
        names = ("significance", *(effect.value for effect in Effect))
        lines += [*table(names, [(name, *map(str, row)) for name, row in counts(found)]), ""]
        rows = [_row(group, found) for group in groups(found)]
        lines += [*table(("issues", "significance", "statement", "patients", "because of"), rows, "groups"), ""]
    if found.contradicted:
        lines += [f"Their facts contradict the new version: {words(_patients(found.contradicted))}", ""]
    return "\n".join([*lines, f"_{words(NOT_VALIDATED)}_"])


def _row(group: Group, found: Impact) -> Sequence[str]:
    issue = group.first.issue
    causes = [f"{code(edit_text(edit, found))} ({words(edit.place or '')})" for edit in group.first.causes]
    unsure = [] if group.first.certain else [words(_UNSURE)]
    statement = f"{words(issue.title)} ({code(issue.statement)})"
    return group.effect, group.significance, statement, words(_patients(group.patients)), "<br>".join(causes + unsure)


def summary(found: Impact) -> str:
    """How many of whom, in a line."""
    head = f"{counted(found.patients, 'patient')} at {found.at}"
    if not found:
        return f"{head}: nothing changes for any of them"
    effects = Counter(change.effect for change in found.changes)
    parts = [f"{effects[effect]} {effect.value}" for effect in Effect if effects[effect]]
    who = {change.issue.patient for change in found.changes} | set(found.contradicted)
    return f"{head}: issues {', '.join(parts) or 'as they were'}; {counted(len(who), 'patient')} concerned"


def counts(found: Impact) -> list[tuple[str, tuple[int, ...]]]:
    """By significance (the later one, where it changes), how many issues each effect has."""
    found_by = Counter((change.issue.significance, change.effect) for change in found.changes)
    rows = ((one, tuple(found_by[one, effect] for effect in Effect)) for one in Significance)
    return [(one.value, row) for one, row in rows if any(row)]


def edit_text(edit: Edit, found: Impact) -> str:
    """An edit in a line, with its sign."""
    if isinstance(edit.what, AxiomEdit):
        return f"{'+' if edit.action == ADDED else '-'} {edit.what.text}"
    return f"{annotation_sign(edit.what)} {annotation_text(edit.what, found)}"


def _patients(keys: Sequence[str]) -> str:
    more = f" … and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more


def as_dict(found: Impact) -> dict[str, Any]:
    """All of it as plain values."""
    effects = [effect.value for effect in Effect]
    return {
        "a": side_dict(found.one),
        "b": side_dict(found.other),
        "at": found.at,
        "patients": found.patients,
        "concerned": len({change.issue.patient for change in found.changes} | set(found.contradicted)),
        "significance": {name: dict(zip(effects, row, strict=True)) for name, row in counts(found)},
        "changes": [_change_dict(change) for change in found.changes],
        "contradicted": list(found.contradicted),
        "safety": NOT_VALIDATED,
    }


def _change_dict(change: IssueChange) -> dict[str, Any]:
    issue, before = change.issue, change.before
    return {
        "effect": change.effect.value,
        "patient": issue.patient,
        "issue": issue.id,
        "statement": issue.statement,
        "title": issue.title,
        "kind": issue.kind.value,
        "significance": issue.significance.value,
        "significance_before": before.significance.value if before is not None else None,
        "fields": list(change.fields),
        "causes": [edit_dict(edit) for edit in change.causes],
        "certain": change.certain,
    }


def edit_dict(edit: Edit) -> dict[str, Any]:
    """An edit as plain values."""
    what = edit.what
    return {"action": edit.action, **(axiom_dict(what) if isinstance(what, AxiomEdit) else annotation_dict(what))}
