"""What the rules of the engine miss of individuals: that there is only one of each, keys, DL-safe rules.

The engine takes an individual a as the class ``{a}``, of which it does not know that it has one member. What follows
from that is added from outside, as entries of the program under individuals, and the program is closed again, until
there is nothing to add. Ontologies without individuals, keys and rules pay nothing. The rules (each adds an entry, or
several; :class:`~kgtwin.reasoning.derived.Derivations` keeps the reasons, for proofs):

``Rnom``
    ``b -r→ … -s→ y`` from an individual b or from ⊤, ``y ⊑ {a}`` ⊢ ``{a} ⊑ y``: y is not empty, so a is what is in it.
    Premises: the links of the path, then ``y ⊑ {a}``. Entry: told (a, y). With b itself for y it is equality.
``Rself``
    ``x ⊑ {a}``, ``x -r→ y``, ``y ⊑ {a}`` ⊢ ``x ⊑ ∃r.Self``. Premises: the link, and the two (where x, y are not a).
    Entry: links (x, r°, x itself) with the self role r°.
``Rrange``
    ``a -r→ y``, ``y ⊑ {b}`` ⊢ ``{b} ⊑ ∃r⁻.⊤`` (which is below the ranges of r): where r comes of a chain or a rule.
``Rkey``
    a and b are in the key's class and share a value of each of its properties ⊢ ``{a} ⊑ {b}`` and ``{b} ⊑ {a}``.
``Rrule``
    The body of a rule fits ⊢ its head, as entries told (a class, ⊥ or an equal individual), links or joins (different
    individuals); a data value as told entries for the ranges that conditions ask for, see :meth:`Individuals._value`.

Complete for types and equality of individuals in OWL 2 EL with keys; what may be missing is about classes of which it
is not known that they have instances (Kazakov, Krötzsch and Simančík, Practical Reasoning with Nominals in the EL
Family of Description Logics, KR 2012, show what that takes): :mod:`kgtwin.reasoning.completeness` names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.model.data_ranges import DataRange, canonical, disjoint
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.derived import Below, Derivation, Derivations, Linked, Premise, Valued
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.facts import Fact, FactKind, Facts
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.keys import KeyBook
from kgtwin.reasoning.links import Links
from kgtwin.reasoning.program import BOTTOM, SELF, TOP
from kgtwin.reasoning.proxies import reached_by
from kgtwin.reasoning.safe_rules import MOST_ON_TOP, MOST_VALUES, Conclusion, RuleBook, RuleRun, Verdict


class OfTheBase(Exception):  # noqa: N818 - no error: it says that another way has to be taken
    """Something follows about an individual of the ontology, or is told of one on top of it that needs new rules."""


class Knowledge:
    """What an index has to say about individuals beyond the rules of the engine; made once.

    ``open_rules`` are those that may not have been applied wherever they fit, with why; ``reached`` has the atom of
    ``∃r⁻.⊤`` for each role r with a range, ``ranged`` that of those that chains lead to.
    """

    def __init__(self, index: Index) -> None:
        self.rules, self.keys = RuleBook(index), KeyBook(index)
        self.needs = self.rules.needs() | self.keys.needs()
        self.reached = _reached(index)
        self.ranged = {role: atom for role, atom in self.reached.items() if role in index.box.made}
        self.loops = dict(index.box.self_role)
        self.identifies = _identifies(index)
        self.facts: Facts | None = None
        self.open_rules: dict[int, str] = {}

    @classmethod
    def of(cls, index: Index) -> Knowledge:
        """That of an index, which keeps it."""
        if index.knowledge is None:
            index.knowledge = cls(index)
        return index.knowledge

    @property
    def matters(self) -> bool:
        """Whether anything could follow of which the engine does not know."""
        return bool(self.rules.rules or self.keys.keys or self.loops or self.ranged or self.identifies)

    def base_facts(self, index: Index, closure: Closure) -> Facts:
        """The facts about the individuals of the ontology."""
        if self.facts is None:
            individuals = Individuals(self)
            individuals.look(index, closure)
            self.facts = individuals.facts
        return self.facts


def _identifies(index: Index) -> bool:
    """Whether something may turn out to be an individual."""
    program, first, last = index.program, index.atoms.named, index.atoms.proper
    heads = (program.told.columns[0], program.joins.columns[1], program.longer.heads, program.waits.columns[1])
    return any(((first <= one) & (one < last)).any() for one in (*heads, program.roles.domains.columns[0]))


def _reached(index: Index) -> dict[int, int]:
    found = {}
    for entity in {entity for entity, _, _ in index.told.ranges}:
        atom = index.opaque(reached_by(index.iri(entity)))
        if atom is not None:
            found[index.box.number[entity]] = atom
    return found


class Individuals:
    """Looks for what follows about individuals: those of an index, or those of an extension on top of it."""

    beyond = False
    """Whether also from those that cannot exist."""

    def __init__(self, known: Knowledge, extension: Extension | None = None, base: Facts | None = None) -> None:
        self._known, self._extension = known, extension
        self.facts = Facts(base)
        most = MOST_VALUES if extension is None else MOST_ON_TOP
        self.run = RuleRun(known.rules, self.facts, self._same, self._different, most)
        self._identifying = known.identifies or (extension is not None and extension.identifies)

    def look(self, index: Index, closure: Closure) -> Derivations:
        """What is to be added to an index (or to the extension), as its closure stands."""
        self._index, self._closure = index, closure
        self._links = Links(index, closure, self._extension)
        self._one: dict[int, int] = {}
        self._found = Derivations({}, {}, {}, {})
        if self._identifying:
            self._identify()
        if self._known.loops:
            self._loop()
        if self._known.ranged:
            self._reach()
        if self._known.needs.any:
            self._collect()
            self._apply_keys()
            self._apply_rules()
        self._identifying = self._identifying or bool(self._found.told)
        return self._found

    # what the individuals are

    @property
    def _own(self) -> Iterator[int]:
        """The individuals concerned, without those that cannot exist."""
        atoms = self._index.atoms
        some: Iterable[int] = range(atoms.named, atoms.proper)
        if self._extension is not None:
            some = (atom for atom in self._extension.individuals.values() if atom not in self._extension.copies)
        return (atom for atom in some if not self._is_out(atom))

    def _is_out(self, context: int) -> bool:
        return BOTTOM in self._closure.subsumers(context) and not self.beyond

    def _is_individual(self, atom: int) -> bool:
        atoms = self._index.atoms
        if self._extension is not None and atom >= self._extension.first:
            return isinstance(self._extension.node(atom), str)
        return atoms.named <= atom < atoms.proper

    def _copies(self, atom: int) -> bool:
        return self._extension is not None and atom in self._extension.copies

    def _are(self, context: int) -> list[int]:
        """The individuals that a context is, if it is anything."""
        atoms = self._closure.array(context)
        named: list[int] = atoms[(atoms >= self._index.atoms.named) & (atoms < self._index.atoms.proper)].tolist()
        if self._extension is not None:
            later = atoms[atoms >= self._extension.first].tolist()
            named += [atom for atom in later if self._is_individual(atom) and atom not in self._extension.copies]
        return named

    def _same(self, individual: int) -> int:
        """The one of several equal individuals that stands for all."""
        found = self._one.get(individual)
        if found is None:
            equal = [one for one in self._are(individual) if individual in self._closure.subsumers(one)]
            found = self._one[individual] = min([individual, *equal])
        return found

    def _name(self, individual: int) -> str:
        if self._extension is not None and individual >= self._extension.first:
            return str(self._extension.node(individual))
        return self._index.name(individual)

    # telling

    def _tell(self, atom: int, head: int, why: Derivation) -> None:
        if head not in self._closure.subsumers(atom) and (atom, head) not in self._found.told:
            self._require_own(atom)
            self._found.told[atom, head] = why

    def _require_own(self, atom: int) -> None:
        if self._extension is not None and atom < self._extension.first:
            raise OfTheBase

    # there is only one

    def _identify(self) -> None:
        """``Rnom``"""
        origin: dict[int, Linked | None] = dict.fromkeys([TOP, *self._own] if self._extension is None else self._own)
        queue = list(origin)
        for x in queue:
            if self._is_out(x):
                continue
            for one in () if self._copies(x) else self._are(x):
                if one != x:
                    self._tell(one, x, Derivation("Rnom", (*_path(origin, x), Below(x, one))))
            for role, target in self._links.told(x):
                if target not in origin:
                    origin[target] = Linked(x, role, target)
                    queue.append(target)

    def _loop(self) -> None:
        """``Rself``"""
        for x in self._candidates():
            names = set(self._are(x))
            for role, loop in self._known.loops.items() if names else ():
                for by, y in self._links.by(x, role):
                    shared = names & set(self._are(y))
                    if shared and (loop, x) not in self._links.told(x):
                        self._require_own(x)
                        one = min(shared)
                        premises: list[Premise] = [Linked(x, by, y)]
                        premises += [Below(z, one) for z in dict.fromkeys((x, y)) if z != one]
                        self._found.links.setdefault((x, loop, SELF), Derivation("Rself", tuple(premises)))

    def _candidates(self) -> Iterable[int]:
        """The contexts that may be individuals."""
        if self._extension is not None or not self._identifying:
            return self._own
        return (int(x) for x in self._index.program.is_context.nonzero()[0])

    def _reach(self) -> None:
        """``Rrange``, of roles that chains lead to."""
        for one in self._own:
            for role, head in self._known.ranged.items():
                for by, y in self._links.by(one, role):
                    for other in self._are(y):
                        self._range(Linked(one, by, y), other, head)

    def _range(self, link: Linked, other: int, head: int) -> None:
        more = () if other == link.target else (Below(link.target, other),)
        self._tell(other, head, Derivation("Rrange", (link, *more)))

    # facts

    def _collect(self) -> None:
        """Notes what is known of the individuals, as far as keys and rules ask."""
        values = {one.atom: one for one in self._index.asserted_data}
        values |= {} if self._extension is None else self._extension.data
        for one in self._own:
            if self._same(one) == one and not self._name(one).startswith("_:"):
                self._collect_of(one, values)
        for valued in self._index.derived.values:
            self._add_value(self._same(valued.subject), valued.property, valued.value, valued)

    def _collect_of(self, one: int, values: dict[int, DataAtom]) -> None:
        needs, above = self._known.needs, set(self._closure.array(one).tolist())
        for cls in needs.classes & above:
            self.run.add(Fact(FactKind.MEMBER, cls, one), (Below(one, cls),))
        for role in needs.roles:
            for by, y in self._links.by(one, role):
                for other in dict.fromkeys(map(self._same, self._are(y))):
                    more = () if other == y else (Below(y, other),)
                    if not self._name(other).startswith("_:"):
                        self.run.add(Fact(FactKind.ROLE, role, one, other), (Linked(one, by, y), *more))
        for atom in values.keys() & above if needs.data else ():
            self._add_value(one, values[atom].property, values[atom].range, Below(one, atom))

    def _add_value(self, one: int, data_property: int, value: DataRange, premise: Premise) -> None:
        for entity in self._index.data_properties.supers(data_property):
            if entity in self._known.needs.data or isinstance(premise, Valued):
                self.run.add(Fact(FactKind.VALUE, entity, one, canonical(value)), (premise,))

    # keys and rules

    def _apply_keys(self) -> None:
        """``Rkey``, of the facts that have been taken up."""
        self.run.take_up()
        for one, other, axiom, premises in self._known.keys.equalities(self.facts):
            why = Derivation("Rkey", premises, axiom)
            self._tell(one, other, why)
            self._tell(other, one, why)

    def _apply_rules(self) -> None:
        """``Rrule``"""
        self.run.start()
        while found := self.run.run():
            for conclusion in found:
                self._conclude(conclusion)

    def _conclude(self, conclusion: Conclusion) -> None:
        why = Derivation("Rrule", conclusion.premises, conclusion.axiom)
        match conclusion.says:
            case Fact(FactKind.MEMBER, cls, one):
                self._tell(one, cls, why)
                self.run.add(Fact(FactKind.MEMBER, cls, one), (Below(one, cls),))
            case Fact(FactKind.ROLE, role, one, int(other)):
                self._relate(one, role, other, why)
            case Fact(FactKind.VALUE, data_property, one, value) if value is not None and not isinstance(value, int):
                self._value(Valued(one, data_property, value), why)
            case (Verdict.SAME, one, other):
                self._tell(one, other, why)
                self._tell(other, one, why)
            case (Verdict.DIFFERENT, one, other):
                self._differentiate(one, other, why)
            case (Verdict.CONTRADICTION, one, _):
                self._tell(one, BOTTOM, why)

    def _relate(self, one: int, role: int, other: int, why: Derivation) -> None:
        self._require_own(one)
        self._found.links.setdefault((one, role, other), why)
        link = Linked(one, role, other)
        for sup in self._index.box.supers[role].tolist():
            if sup == role or sup in self._known.needs.roles:
                self.run.add(Fact(FactKind.ROLE, sup, one, other), (link,))
            if sup in self._known.reached:
                self._range(link, other, self._known.reached[sup])

    def _value(self, valued: Valued, why: Derivation) -> None:
        """A value that a rule gives: told are the ranges of conditions that it lies in, and what it contradicts."""
        self._require_own(valued.subject)
        self._found.values[valued] = why
        one, properties = valued.subject, self._index.data_properties
        self._add_value(one, valued.property, valued.value, valued)
        if self._extension is not None:
            return
        atom = DataAtom(one, valued.property, valued.value)
        for _, head, axiom in properties.entailed(atom, self._index.waited_data):
            self._tell(one, head, Derivation("Rrule", (valued,), axiom))
        for functional in properties.functional_above(valued.property):
            for value, premise in self._values_of(one, functional):
                if disjoint(value, valued.value):
                    axiom = properties.functional_axiom(functional)
                    self._tell(one, BOTTOM, Derivation("Rrule", (valued, premise), axiom))

    def _values_of(self, one: int, data_property: int) -> Iterator[tuple[DataRange, Premise]]:
        """What is known of an individual's values by a property and those below it."""
        properties, above = self._index.data_properties, set(self._closure.array(one).tolist())
        for atom in self._index.asserted_data:
            if atom.atom in above and data_property in properties.supers(atom.property):
                yield atom.range, Below(one, atom.atom)
        for valued in (*self._index.derived.values, *self._found.values):
            if self._same(valued.subject) == one and data_property in properties.supers(valued.property):
                yield valued.value, valued

    # different individuals

    def _differentiate(self, one: int, other: int, why: Derivation) -> None:
        if one == other:
            self._tell(one, BOTTOM, why)
        elif not self._different(one, other):
            self._require_own(max(one, other))
            self._found.joins[min(one, other), max(one, other)] = why

    def _different(self, one: int, other: int) -> bool:
        """Whether what is known of two individuals cannot be of one."""
        if (min(one, other), max(one, other)) in self._found.joins:
            return True
        first, second = (set(self._closure.array(x).tolist()) for x in (one, other))
        return self._clash(first, second) or self._clash(second, first)

    def _clash(self, first: set[int], second: set[int]) -> bool:
        program, both = self._index.program, first | second
        extra = () if self._extension is None else self._extension.clashes
        if any(a in both and b in both for a, b in extra):
            return True
        for atom in first:
            joins = program.joins.of(atom).T.tolist() if atom < len(program.node) else ()
            if any(other in second and self._refutes(head, both) for other, head in joins):
                return True
            groups = set(self._groups(atom))
            if groups and any(not groups.isdisjoint(self._groups(other)) for other in second - {atom}):
                return True
        return False

    def _groups(self, atom: int) -> list[int]:
        program = self._index.program
        return [] if atom >= len(program.node) else program.groups.of(atom)[0].tolist()

    def _refutes(self, head: int, both: set[int]) -> bool:
        """Whether a join leads to ⊥, its other conjuncts being there."""
        if head >= 0:
            return head == BOTTOM
        longer = self._index.program.longer
        start = int(longer.part_ends[~head - 1]) if ~head else 0
        parts = longer.parts[start : longer.part_ends[~head]].tolist()
        return int(longer.heads[~head]) == BOTTOM and both.issuperset(parts)


def _path(origin: dict[int, Linked | None], x: int) -> tuple[Linked, ...]:
    """The links that lead to a context from an individual or from ⊤."""
    found: list[Linked] = []
    step = origin[x]
    while step is not None:
        found.append(step)
        step = origin[step.subject]
    return tuple(found[::-1])
