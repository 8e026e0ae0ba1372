"""One value a rule application: what its conclusion was first drawn from. Premises are computed on demand, for proofs.

``C``, ``D`` are class expressions, ``x``, ``y`` contexts (a class expression, or an individual), ``r ⊑* s`` the closed
role hierarchy. Names follow Kazakov, Krötzsch and Simančík (2014), figure 3; R∃+ carries their side condition on roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kgtwin.model.axioms import Axiom

if TYPE_CHECKING:
    from kgtwin.reasoning.context import Context
    from kgtwin.reasoning.roles import Chain


class Initial(NamedTuple):
    """``R0``: ``⊢ x ⊑ C`` where C is what the context x stands for (or a conjunct of it)."""


class Top(NamedTuple):
    """``R⊤``: ``⊢ x ⊑ ⊤``."""


class Told(NamedTuple):
    """``R⊑``: ``x ⊑ C ⊢ x ⊑ D`` by the axiom ``C ⊑ D``, or one that says so."""

    sub: int
    axiom: Axiom


class Conjoined(NamedTuple):
    """``R⊓+``: ``x ⊑ C, x ⊑ D ⊢ x ⊑ C ⊓ D``."""


class Conjunct(NamedTuple):
    """``R⊓−``: ``x ⊑ C ⊓ D ⊢ x ⊑ C``."""

    conjunction: int


class Disjoined(NamedTuple):
    """``R⊔+``: ``x ⊑ C ⊢ x ⊑ C ⊔ D``."""

    disjunct: int


class Propagated(NamedTuple):
    """``R∃+``: ``x -r→ y, y ⊑ C ⊢ x ⊑ ∃s.C`` where ``r ⊑* s``."""

    role: str
    target: Context
    filler: int


class ReflexivePropagated(NamedTuple):
    """``R∃+`` over the link of x to itself by a reflexive role: ``x ⊑ C ⊢ x ⊑ ∃s.C``."""

    filler: int


class WithinInterval(NamedTuple):
    """``RD+``: ``x ⊑ ∃p.I ⊢ x ⊑ ∃p.J`` where ``I ⊆ J``."""

    atom: int


class EmptyInterval(NamedTuple):
    """``RD⊥``: ``x ⊑ ∃p.∅ ⊢ x ⊑ ⊥``."""

    atom: int


class DataDomain(NamedTuple):
    """``RDdom``: ``x ⊑ ∃p.I ⊢ x ⊑ D`` by the axiom ``dom(p) ⊑ D``."""

    atom: int
    axiom: Axiom


class Domain(NamedTuple):
    """``Rdom``: ``x -s→ y ⊢ x ⊑ D`` by the axiom ``dom(s) ⊑ D``; here ``r ⊑* s``."""

    role: str
    target: Context
    sup: str
    axiom: Axiom


class Range(NamedTuple):
    """``Rran``: ``x -s→ y ⊢ y ⊑ D`` by the axiom ``ran(s) ⊑ D``, for an individual y; here ``r ⊑* s``."""

    subject: Context
    role: str
    sup: str
    axiom: Axiom


class ReflexiveDomain(NamedTuple):
    """``Rdom`` over the link of x to itself by a reflexive role s."""

    role: str
    axiom: Axiom


class ReflexiveRange(NamedTuple):
    """``Rran`` over the link of x to itself by a reflexive role s."""

    role: str
    axiom: Axiom


class Disjoint(NamedTuple):
    """``R⊥⊓``: ``x ⊑ C, x ⊑ D ⊢ x ⊑ ⊥`` by an axiom that makes C and D disjoint."""

    one: int
    other: int
    axiom: Axiom


class BottomLink(NamedTuple):
    """``R⊥``: ``x -r→ y, y ⊑ ⊥ ⊢ x ⊑ ⊥``."""

    role: str
    target: Context


class Asserted(NamedTuple):
    """``told``: an assertion about an individual."""

    axiom: Axiom


class Inherited(NamedTuple):
    """All that the closed context of a class derives, for an individual of that class: its steps, one by one."""

    source: Context


class Successor(NamedTuple):
    """``R∃−``: ``x ⊑ ∃r.C ⊢ x -r→ C``."""

    existential: int


class Composed(NamedTuple):
    """``R∘``: ``x -r→ y, y -s→ z ⊢ x -t→ z`` by a chain axiom; here r, s are below the chain's roles."""

    first: str
    middle: Context
    second: str
    last: Context
    chain: Chain


Subsumption = (
    Initial
    | Top
    | Told
    | Conjoined
    | Conjunct
    | Disjoined
    | Propagated
    | ReflexivePropagated
    | WithinInterval
    | EmptyInterval
    | DataDomain
    | Domain
    | Range
    | ReflexiveDomain
    | ReflexiveRange
    | Disjoint
    | BottomLink
    | Asserted
    | Inherited
)
Link = Successor | Composed | Asserted | Inherited

COMPOSING = frozenset({Conjoined, Disjoined, Propagated, ReflexivePropagated, WithinInterval})
"""What these conclude was put together from what is already there: taking it apart again yields nothing new."""
