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


class Justifications(msgspec.Struct, frozen=True):
    """Minimal sets of axioms from which something follows, small ones first; with any axiom less it no longer does.

    ``complete``: there are no others. If not, a limit was reached: there may be more, and smaller ones.
    """

    sets: tuple[frozenset[Axiom], ...]
    complete: bool

    def __iter__(self) -> Iterator[frozenset[Axiom]]:
        return iter(self.sets)

    def __len__(self) -> int:
        return len(self.sets)
