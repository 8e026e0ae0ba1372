"""A proof as the reasoner gives it: conclusions are axioms, leaves are what was told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kgtwin.model.axioms import Axiom, ClassExpression


class Successor(msgspec.Struct, frozen=True):
    """``subject`` (an individual or a class expression) is related by ``property`` to ``object``."""

    subject: str | ClassExpression
    property: str
    object: str | ClassExpression


class Membership(msgspec.Struct, frozen=True):
    """``subject`` (an individual, or a class expression's instances) is of type ``type``."""

    subject: str | ClassExpression
    type: ClassExpression


Conclusion = Successor | Membership


class Proof(msgspec.Struct, frozen=True):
    """``conclusion`` follows by ``rule`` from ``premises`` and, where the rule applies one, ``axiom``.

    ``rule`` carries the calculus's own name (``R⊑``, ``R⊓+``, ``R⊓−``, ``R∃``, ``R∘``, ``R⊥``, ``R⊤``, ``RH`` …, or
    ``told`` for an assertion). ``axiom`` is a told axiom of the ontology or an assertion about an individual.
    """

    rule: str
    conclusion: Conclusion
    premises: tuple[Proof, ...] = ()
    axiom: Axiom | None = None

    def walk(self) -> Iterator[Proof]:
        """Every step, the conclusion first, shared steps once."""
        seen: set[int] = set()
        todo = [self]
        while todo:
            step = todo.pop()
            if id(step) not in seen:
                seen.add(id(step))
                yield step
                todo.extend(reversed(step.premises))
