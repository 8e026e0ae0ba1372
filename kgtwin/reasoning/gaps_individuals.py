"""Gaps in what is known of individuals: keys and rules that may not have been applied, and things that would be one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.data_ranges import is_single
from kgtwin.model.owl_text import render
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import TOP_PROPERTY, OneIndividual, OpenRule, names
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.gaps import Gap, Numbered
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.individuals import Knowledge
from kgtwin.reasoning.program import BOTTOM


def individual_gaps(index: Index, closure: Closure) -> Iterator[Numbered]:
    """The gaps in what is known of individuals."""
    yield from rule_gaps(index, index.asserted_data, Knowledge.of(index).open_rules)
    if index.atoms.named < index.atoms.proper and Knowledge.of(index).identifies:
        yield from _identified(index, closure)


def rule_gaps(index: Index, values: Sequence[DataAtom], unfinished: Mapping[int, str]) -> Iterator[Numbered]:
    """Rules that cannot be run, or are ``unfinished``; rules and keys that compare values known only as ranges."""
    for axiom in (*index.told.rules, *index.told.keys):
        rule = index.table[axiom]
        properties, found = tuple(dict.fromkeys(_values_in(rule))), tuple(_names_in(rule))
        why = Knowledge.of(index).rules.unusable.get(axiom) or unfinished.get(axiom)
        if why is None and TOP_PROPERTY in found:
            why = "owl:topObjectProperty leads everywhere"
        if why is not None:
            yield axiom, Gap(OpenRule(properties, True), f"not used, as {why}: {render(rule)}", found)
        elif any(_is_vague(index, values, name) for name in properties):
            text = f"not used with values known only as ranges: {render(rule)}"
            yield axiom, Gap(OpenRule(properties, False), text, found)


def _is_vague(index: Index, values: Sequence[DataAtom], data_property: str) -> bool:
    supers, entity = index.data_properties.supers, index.entity(data_property)
    return any(entity in supers(one.property) and not is_single(one.range) for one in values)


def _values_in(rule: owl.Axiom) -> Iterator[str]:
    """The data properties that a key or the body of a rule asks for."""
    if isinstance(rule, owl.HasKey):
        yield from rule.data_properties
    elif isinstance(rule, owl.DLSafeRule):
        yield from (atom.property for atom in rule.body if isinstance(atom, owl.DataPropertyAtom))


def _names_in(rule: owl.Axiom) -> dict[str, None]:
    found: dict[str, None] = {}
    if isinstance(rule, owl.HasKey):
        found |= dict.fromkeys((*names(rule.cls), *rule.object_properties, *rule.data_properties))
    for atom in (*rule.body, *rule.head) if isinstance(rule, owl.DLSafeRule) else ():
        if isinstance(atom, owl.ClassAtom):
            found |= dict.fromkeys(names(atom.cls))
        elif isinstance(atom, owl.ObjectPropertyAtom | owl.DataPropertyAtom):
            found[atom.property] = None
    return found


def _identified(index: Index, closure: Closure) -> Iterator[Numbered]:
    """What is below an individual is it: so all that it is, the individual would be if there were such a thing."""
    first, last = index.atoms.named, index.atoms.proper
    found: dict[int, int] = {}
    for x in np.flatnonzero(index.program.is_context).tolist():
        atoms = closure.array(x)
        for one in atoms[(atoms >= first) & (atoms < last)].tolist():
            if one != x and x not in closure.subsumers(one) and BOTTOM not in closure.subsumers(x):
                found.setdefault(one, x)
    for one in sorted(found):
        name = index.name(one)
        text = f"not used: what follows of <{name}> and of others if there is something that is <{name}>"
        yield -1, Gap(OneIndividual(name), text, (name,))
