"""Whether an axiom follows from others, by what the reasoner then finds empty or contradictory.

``C ⊑ D`` follows exactly where a new class below ``C ⊓ ¬D`` can have no instance, and most axioms are inclusions of
that kind in disguise: of a role chain, for instance, ``∃r.∃s.X ⊑ ∃t.X`` for a new class X. A "yes" is always right. A
"no" is one that no caveat hangs over; otherwise it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Axiom
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.owl_text import render
from kgtwin.reasoning.classification import Classification, classify
from kgtwin.reasoning.probes import Names, Probe, probes_of
from kgtwin.reasoning.refutation import NOTHING
from kgtwin.reasoning.rolling_up import rolled_up


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Entailment(NamedTuple):
    """``caveats`` say why a "no" is not known to be one; there are none otherwise."""

    verdict: Verdict
    caveats: tuple[Caveat, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict is Verdict.YES


def entails(known: Classification | AxiomTable | Iterable[Axiom], axiom: Axiom) -> Entailment:
    """Whether an axiom follows from what was classified, or from other axioms.

    >>> from kgtwin.model.axioms import Class
    >>> a, b, c = (Class(f"http://x/{name}") for name in "abc")
    >>> told = [owl.SubClassOf(a, owl.ObjectSomeValuesFrom("http://x/r", b)), owl.ObjectPropertyRange("http://x/r", c)]
    >>> entails(told, owl.SubClassOf(a, owl.ObjectSomeValuesFrom("http://x/r", c))).verdict
    <Verdict.YES: 'yes'>
    >>> entails(told, owl.SubClassOf(b, c)).verdict
    <Verdict.NO: 'no'>

    Raises:
        InconsistentOntologyError: from what has no model, everything would follow.
    """
    return entails_all(known, [axiom])


def entails_all(known: Classification | AxiomTable | Iterable[Axiom], axioms: Iterable[Axiom]) -> Entailment:
    """Whether all axioms of a conclusion follow. An anonymous individual in them stands for some thing or other.

    Raises:
        InconsistentOntologyError: from what has no model, everything would follow.
    """
    base = known if isinstance(known, Classification) else classify(known)
    asked = rolled_up(axioms)
    names = Names()
    found = [_undecided(one) for one in asked.unclear]
    for expression in asked.some:
        nothing = owl.SubClassOf(expression, NOTHING)
        found.append(_probed(base, nothing, [Probe((nothing,))]))
    found += [_decided(base, axiom, names) for axiom in asked.axioms]
    return _together(found)


def _decided(base: Classification, axiom: Axiom, names: Names) -> Entailment:
    if _is_realised(base, axiom):
        return Entailment(Verdict.YES)
    probes = probes_of(axiom, names)
    found = _undecided(axiom) if probes is None else _probed(base, axiom, probes)
    if found.verdict is Verdict.UNKNOWN and axiom in base.axioms:
        return Entailment(Verdict.YES)
    return found


def _is_realised(base: Classification, axiom: Axiom) -> bool:
    """Whether an assertion follows, as can be seen without another classification."""
    match axiom:
        case owl.ClassAssertion(who, expression):
            found = expression
        case owl.ObjectPropertyAssertion(role, who, whom):
            found = owl.ObjectHasValue(role, whom)
        case owl.DataPropertyAssertion(prop, who, value):
            found = owl.DataSomeValuesFrom(prop, value)
        case _:
            return False
    return who in base.individuals and base.realise(()).satisfies(who, found)


def _together(found: Sequence[Entailment]) -> Entailment:
    """The weakest of some answers."""
    verdicts = {one.verdict for one in found}
    if Verdict.NO in verdicts:
        return Entailment(Verdict.NO)
    if Verdict.UNKNOWN in verdicts:
        return Entailment(Verdict.UNKNOWN, tuple(dict.fromkeys(caveat for one in found for caveat in one.caveats)))
    return Entailment(Verdict.YES)


def _probed(base: Classification, axiom: Axiom, probes: Sequence[Probe]) -> Entailment:
    """Puts all that must be empty to one test, and each contradiction to one of its own."""
    found = [_contradicted(base, axiom, probe) for probe in probes if not probe.empty]
    empty = [probe for probe in probes if probe.empty]
    if empty:
        found.append(_emptied(base, axiom, empty))
    return _together(found)


def _emptied(base: Classification, axiom: Axiom, probes: Sequence[Probe]) -> Entailment:
    extended = base.extend(one for probe in probes for one in probe.axioms)
    unsatisfiable = extended.unsatisfiable
    telling = [probe for probe in probes if unsatisfiable.isdisjoint(probe.possible)]
    left = [name for probe in telling for name in probe.empty if name not in unsatisfiable]
    if left:
        return _not_derived([extended.caveats_of(name) for name in left])
    return Entailment(Verdict.YES) if telling else _undecided(axiom)


def _contradicted(base: Classification, axiom: Axiom, probe: Probe) -> Entailment:
    try:
        assumed = base.extend(probe.axioms[: probe.assumed]) if probe.assumed else base
    except InconsistentOntologyError:
        return _undecided(axiom)
    try:
        return _not_derived([assumed.extend(probe.axioms[probe.assumed :]).caveats_of_consistency])
    except InconsistentOntologyError:
        return Entailment(Verdict.YES)


def _not_derived(found: Sequence[tuple[Caveat, ...]]) -> Entailment:
    """What may be impossible was not shown to be: certainly it is possible where nothing touches one of the cases."""
    if not all(found):
        return Entailment(Verdict.NO)
    return Entailment(Verdict.UNKNOWN, tuple(dict.fromkeys(caveat for one in found for caveat in one)))


def _undecided(axiom: Axiom) -> Entailment:
    text = f"it cannot be told whether this follows: {render(axiom)}"
    return Entailment(Verdict.UNKNOWN, (Caveat(CaveatCode.NOT_EVALUATED, text, remedy="check it with HermiT"),))
