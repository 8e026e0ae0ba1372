"""A derivation: a tree of facts, axioms and rule applications, down to received data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


class FactRef(msgspec.Struct, frozen=True):
    """A leaf that was received."""

    fact: str
    resource: str
    version: str
    source: str
    text: str


class AxiomRef(msgspec.Struct, frozen=True):
    """A leaf that a person wrote: the axiom in functional syntax, its annotations, its file and line."""

    text: str
    origin: str | None = None
    annotations: tuple[tuple[str, str], ...] = ()


class Derivation(msgspec.Struct, frozen=True):
    """One step: ``conclusion`` follows from ``premises`` by ``rule``.

    A leaf has no premises and a ``fact`` or an ``axiom``. A rule application may name the axiom it applies.
    """

    rule: str
    conclusion: str
    premises: tuple[Derivation, ...] = ()
    axiom: AxiomRef | None = None
    fact: FactRef | None = None
    note: str | None = None

    def walk(self) -> Iterator[Derivation]:
        """Every step, the conclusion first, shared steps once."""
        seen: set[int] = set()
        todo = [self]
        while todo:
            step = todo.pop()
            if id(step) not in seen:
                seen.add(id(step))
                yield step
                todo.extend(reversed(step.premises))

    @property
    def facts(self) -> tuple[FactRef, ...]:
        """The received facts at its leaves, without repetition."""
        return tuple(dict.fromkeys(step.fact for step in self.walk() if step.fact))

    @property
    def axioms(self) -> tuple[AxiomRef, ...]:
        """The axioms it uses, without repetition."""
        return tuple(dict.fromkeys(step.axiom for step in self.walk() if step.axiom))


class Minimal(msgspec.Struct, frozen=True):
    """Facts and axioms that suffice for a conclusion, of which none can be left out.

    ``unsure`` counts caveats of the facts and axioms of unverified evidence.
    """

    facts: tuple[FactRef, ...]
    axioms: tuple[AxiomRef, ...]
    unsure: int = 0


class MinimalDerivations(msgspec.Struct, frozen=True):
    """The minimal derivations of something, the best first; ``complete``: there are no others."""

    sets: tuple[Minimal, ...]
    complete: bool


def minimal_to_text(found: MinimalDerivations) -> str:
    """Numbered sets, the facts of each before its axioms."""
    lines = []
    for number, one in enumerate(found.sets, 1):
        lines.append(f"minimal derivation {number}")
        lines += (f"  {f.text} ({f.resource} from {f.source}, version {f.version})" for f in one.facts)
        lines += (f"  {a.text}" + (f" at {a.origin}" if a.origin else "") for a in one.axioms)
    return "\n".join(lines if found.complete else [*lines, "there may be more: a limit was reached"])


def to_text(derivation: Derivation) -> str:
    """The tree as indented text, one step a line.

    >>> leaf = Derivation("fact", "p hasNow c", fact=FactRef("f-1", "Condition/c1", "1", "local", "Asthma"))
    >>> print(to_text(Derivation("R⊑", "p a CI_1", (leaf,))))
    p a CI_1  [R⊑]
    └─ p hasNow c  [received: Condition/c1 from local, version 1: Asthma]
    """
    lines: list[str] = []
    _text_lines(derivation, "", "", lines)
    return "\n".join(lines)


def _text_lines(step: Derivation, lead: str, indent: str, lines: list[str]) -> None:
    lines.append(f"{lead}{step.conclusion}  [{_reason(step)}]")
    for position, premise in enumerate(step.premises):
        last = position == len(step.premises) - 1
        _text_lines(premise, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "), lines)


def _reason(step: Derivation) -> str:
    if step.fact:
        f = step.fact
        received = f"received: {f.resource} from {f.source}, version {f.version}: {f.text}"
        return f"{received}; {step.note}" if step.note else received
    parts = [step.rule]
    if step.axiom:
        parts.append(step.axiom.text + (f" at {step.axiom.origin}" if step.axiom.origin else ""))
    if step.note:
        parts.append(step.note)
    return "; ".join(parts)


def to_dict(derivation: Derivation) -> dict[str, Any]:
    """The tree as plain values, fields that are empty left out."""
    fields: dict[str, Any] = {"rule": derivation.rule, "conclusion": derivation.conclusion}
    if derivation.fact:
        fields["fact"] = msgspec.to_builtins(derivation.fact)
    if derivation.axiom:
        fields["axiom"] = {
            "text": derivation.axiom.text,
            "origin": derivation.axiom.origin,
            "annotations": dict(derivation.axiom.annotations),
        }
    if derivation.note:
        fields["note"] = derivation.note
    if derivation.premises:
        fields["premises"] = [to_dict(premise) for premise in derivation.premises]
    return fields


def to_mermaid(derivation: Derivation) -> str:
    """The tree as a Mermaid flowchart, premises above what follows from them.

    >>> print(to_mermaid(Derivation("axiom", 'A "is" B', axiom=AxiomRef("SubClassOf(A B)"))))
    flowchart BT
      n0["A #quot;is#quot; B"]:::axiom
      classDef fact fill:#e8f4ea,stroke:#2e7d32
      classDef axiom fill:#eef1fb,stroke:#3949ab
    """
    names = {id(step): f"n{number}" for number, step in enumerate(derivation.walk())}
    lines = ["flowchart BT"]
    for step in derivation.walk():
        kind = ":::fact" if step.fact else ":::axiom" if step.axiom and not step.premises else ""
        lines.append(f'  {names[id(step)]}["{_mermaid_text(step)}"]{kind}')
        lines += [f"  {names[id(p)]} -->|{step.rule}| {names[id(step)]}" for p in step.premises]
    return "\n".join(
        [
            *lines,
            "  classDef fact fill:#e8f4ea,stroke:#2e7d32",
            "  classDef axiom fill:#eef1fb,stroke:#3949ab",
        ]
    )


def _mermaid_text(step: Derivation) -> str:
    text = step.conclusion + (f"\n{step.fact.resource}" if step.fact else "")
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace("\n", "<br/>")
