"""Proofs as text: the conclusion first, what it rests on indented below it."""

from __future__ import annotations

from typing import Any

from kgtwin.model.axioms import ClassExpression
from kgtwin.model.owl_text import manchester, render
from kgtwin.model.proof import Membership, Proof


def short(iri: str) -> str:
    """The last part of an IRI.

    >>> short("http://snomed.info/id/73211009")
    '73211009'
    """
    return iri.rstrip("/#").rsplit("#", 1)[-1].rsplit("/", 1)[-1] or iri


def proof_text(proof: Proof) -> str:
    """A proof as a tree; a step that is used again is referred to by its number."""
    numbers = {id(step): number for number, step in enumerate(proof.walk(), 1)}
    shown: set[int] = set()
    lines: list[str] = []
    todo = [(proof, 0)]
    while todo:
        step, depth = todo.pop()
        number = numbers[id(step)]
        if id(step) in shown:
            lines.append(f"{'  ' * depth}{_conclusion(step)}  (as in {number})")
            continue
        shown.add(id(step))
        axiom = "" if step.axiom is None else f"  by {render(step.axiom)}"
        lines.append(f"{'  ' * depth}{number}. {_conclusion(step)}  [{step.rule}]{axiom}")
        todo.extend((premise, depth + 1) for premise in reversed(step.premises))
    return "\n".join(lines)


def proof_dict(proof: Proof) -> list[dict[str, Any]]:
    """The steps of a proof, the conclusion first; premises by their numbers."""
    steps = list(proof.walk())
    numbers = {id(step): number for number, step in enumerate(steps)}
    return [
        {
            "rule": step.rule,
            "conclusion": _conclusion(step),
            "premises": [numbers[id(premise)] for premise in step.premises],
            "axiom": None if step.axiom is None else render(step.axiom),
        }
        for step in steps
    ]


def _conclusion(step: Proof) -> str:
    what = step.conclusion
    if isinstance(what, Membership):
        return f"{_node(what.subject)} ⊑ {_node(what.type)}"
    return f"{_node(what.subject)} -{short(what.property)}→ {_node(what.object)}"


def _node(node: str | ClassExpression) -> str:
    return short(node) if isinstance(node, str) else manchester(node, short)
