"""Documents with one value changed, sealed anew as a forger would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from kgtwin.model.proof_document import ProofDocument, sealed, write_proof

Path = tuple[str | int, ...]
FREE = {
    ("issue", "revision"),  # at which revision the facts are looked up, with --store
    ("issue", "implicated", "#"),  # others than those that the proof rests on: renewals, a result that came too early
    ("selections", "#", "reason"),
    ("selections", "#", "above", "#"),  # which classes limit how long an observation counts: among what is trusted
    ("selections", "#", "classes", "#"),  # each that is left is one that the fact says
    ("axioms", "#", "origin"),
    ("axioms", "#", "annotations", "#", "#"),
    ("medicines", "#", "ingredients", "#"),  # that there are no others is among what is trusted
    ("safety",),
    ("knowledge", "version"),
}
"""What can be changed without changing what is proven, or is stated to be trusted."""


def changed(document: ProofDocument, **fields: Any) -> ProofDocument:
    """The document with other parts, sealed."""
    return sealed(msgspec.structs.replace(document, **fields))


def mutated(document: ProofDocument, random: Random, section: str | None = None) -> tuple[Path, ProofDocument] | None:
    """One value changed somewhere; None where the choice made no other document."""
    plain = msgspec.json.decode(write_proof(document))
    found = [(path, value) for path, value in values(plain) if section in (None, path[0]) and path != ("digest",)]
    if not found:
        return None
    path, value = random.choice(found)
    other = _other(path, value, found, random)
    try:
        made = msgspec.convert(_put(plain, path, other), ProofDocument, strict=False)
    except msgspec.ValidationError:
        return None
    return None if made == document else (path, sealed(made))


def kind(path: Path) -> Path:
    """A path whatever the places in lists."""
    return tuple("#" if isinstance(one, int) else one for one in path)


def values(plain: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no object or array, with its path."""
    if isinstance(plain, dict | list):
        for name, one in plain.items() if isinstance(plain, dict) else enumerate(plain):
            yield from values(one, (*path, name))
    elif plain is not None:
        yield path, plain


def _other(path: Path, value: Any, found: list[tuple[Path, Any]], random: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + random.choice((-1, 1, 2))
    iris = re.findall(r"<[^<>\s]*>", value)
    if iris and random.random() < 0.5:
        names = {name for _, text in found if isinstance(text, str) for name in re.findall(r"<[^<>\s]*>", text)}
        return value.replace(random.choice(iris), random.choice(sorted(names)), 1)
    numbers = re.findall(r'"[0-9.]+"', value)
    if numbers and random.random() < 0.5:
        return value.replace(random.choice(numbers), f'"{random.randint(0, 300)}"', 1)
    same = sorted({text for other, text in found if kind(other) == kind(path) and text != value})
    return random.choice(same) if same and random.random() < 0.6 else random.choice((value + "x", value[:-1]))


def _put(plain: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copy = dict(plain) if isinstance(plain, dict) else list(plain)
    copy[path[0]] = _put(plain[path[0]], path[1:], value)  # type: ignore[index]
    return copy


def meaning(document: ProofDocument) -> set[Any]:
    """What a document says by the steps that its conclusion and its medicines rest on, whatever their numbers."""
    steps = document.steps
    told: set[Any] = {document.issue, document.knowledge.digest, document.patient}
    todo = [document.conclusion, *(place for one in document.medicines for place in one.steps)]
    seen = set(todo)
    told |= {(one.individual, one.asked, one.now) for one in document.medicines} | {*document.rules}
    for place in todo:
        step = steps[place]
        premises = tuple(steps[one].conclusion for one in step.premises)
        axiom = None if step.axiom is None else document.axioms[step.axiom].owl
        told.add((step.rule, step.conclusion, premises, axiom))
        if step.selection is not None:
            chosen = document.selections[step.selection]
            told.add(msgspec.structs.replace(chosen, reason="", above=()))
        todo += [one for one in step.premises if one not in seen]
        seen |= {*step.premises}
    return told
