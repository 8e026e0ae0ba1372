"""The saturation as one reads it in the paper: a worklist and sets. For small work, where compiling costs more.

It closes the same rules as :mod:`kgtwin.reasoning.kernel`, and the tests hold the two against one another. A closure on
top of a ``base`` shares its contexts and never writes to them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from kgtwin.reasoning.program import BOTTOM, FIRST, LOOP, SECOND, SELF, TOP, Entries, Program

Pair = tuple[int, int]


@dataclass(frozen=True)
class RoleRules:
    """What links trigger: the roles above each, domains, chains and the flags of a role."""

    above: tuple[frozenset[int], ...]
    domains: Mapping[int, list[int]]
    chains: Mapping[Pair, tuple[int, ...]]
    flags: tuple[int, ...]


@dataclass(frozen=True)
class AtomRules:
    """What atoms trigger, as in :mod:`kgtwin.reasoning.program`; ``parts[j]``, ``heads[j]`` are longer conjunctions."""

    told: dict[int, list[int]] = field(default_factory=dict)
    links: dict[int, list[Pair]] = field(default_factory=dict)
    joins: dict[int, list[Pair]] = field(default_factory=dict)
    waits: dict[int, list[Pair]] = field(default_factory=dict)
    groups: dict[int, list[int]] = field(default_factory=dict)
    parts: tuple[tuple[int, ...], ...] = ()
    heads: tuple[int, ...] = ()


@dataclass
class Context:
    """``subs`` in the order of derivation; ``links`` and what waits for links to it; ``back``: who leads here.

    ``stirring`` are those of the ``subs`` of a closed context that matter to one that inherits them, once asked for.
    """

    root: int
    subs: dict[int, None] = field(default_factory=dict)
    links: dict[Pair, None] = field(default_factory=dict)
    waits: dict[Pair, None] = field(default_factory=dict)
    back: dict[Pair, None] = field(default_factory=dict)
    closed: bool = False
    stirring: tuple[int, ...] | None = None


def atom_rules(program: Program) -> AtomRules:
    """A program's entries as lists."""
    longer = program.longer
    ends = longer.part_ends.tolist()
    return AtomRules(
        told={atom: [one for (one,) in rows] for atom, rows in _lists(program.told)},
        links=dict(_pairs(program.links)),
        joins=dict(_pairs(program.joins)),
        waits=dict(_pairs(program.waits)),
        groups={atom: [one for (one,) in rows] for atom, rows in _lists(program.groups)},
        parts=tuple(tuple(longer.parts[a:b].tolist()) for a, b in zip([0, *ends], ends, strict=False)),
        heads=tuple(longer.heads.tolist()),
    )


def role_rules(program: Program) -> RoleRules:
    """A program's roles as sets and lists."""
    roles = program.roles
    count = len(roles.flags)
    above = np.unpackbits(roles.above, axis=1, count=count, bitorder="little").astype(bool)
    chains = roles.chains
    ends = [0, *chains.ends.tolist()]
    made = {
        (int(r), int(s)): tuple(chains.results[ends[cell] : ends[cell + 1]].tolist())
        for r in np.flatnonzero(chains.first >= 0)
        for s in np.flatnonzero(chains.second >= 0)
        if (cell := int(chains.cells[chains.first[r], chains.second[s]]))
    }
    return RoleRules(
        above=tuple(frozenset(np.flatnonzero(row).tolist()) for row in above),
        domains={role: [row[0] for row in rows] for role, rows in _lists(roles.domains)},
        chains=made,
        flags=tuple(roles.flags.tolist()),
    )


def _lists(entries: Entries) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
    starts, rows = entries.starts.tolist(), list(zip(*entries.columns.tolist(), strict=True))
    for atom in np.flatnonzero(np.diff(entries.starts)).tolist():
        yield atom, rows[starts[atom] : starts[atom + 1]]


def _pairs(entries: Entries) -> Iterator[tuple[int, list[Pair]]]:
    for atom, rows in _lists(entries):
        yield atom, [(row[0], row[1]) for row in rows]


Told = tuple[frozenset[int], frozenset[Pair]]
"""Atoms that are told of something, and links."""
ALIKE_KEPT = 50_000
"""What follows from so many different tellings is kept."""


class Plain:
    """A closure: what follows from each context. ``first`` is the first atom that ``own`` rules are for.

    ``alike`` is what follows from what closures on top of this one were told, so that it is derived once: of many
    patients the facts are alike.
    """

    def __init__(
        self,
        rules: AtomRules,
        roles: RoleRules,
        *,
        base: Plain | None = None,
        own: AtomRules | None = None,
        first: int = 0,
    ) -> None:
        self.rules, self.roles, self.base = rules, roles, base
        self.own, self.first = own or AtomRules(), first
        self.contexts: dict[int, Context] = {}
        self.alike: dict[Told, Context | None] = {}
        self._subsumptions: deque[tuple[Context, int, bool]] = deque()
        self._links: deque[tuple[Context, int, int, bool]] = deque()

    # what follows

    def subsumers(self, atom: int) -> Mapping[int, None]:
        """All atoms above a context, itself included."""
        return self._context(atom).subs

    def links(self, atom: int) -> Collection[Pair]:
        """The links of a context, as (role, target)."""
        return self._context(atom).links

    def close(self, atoms: Iterable[int]) -> None:
        """Derives all that follows from contexts, and from those that they lead to."""
        for atom in atoms:
            self._context(atom)
        self.run()
        for context in self.contexts.values():
            context.closed = True

    def tell(self, context: int, atom: int) -> None:
        """``context ⊑ atom``; :meth:`run` derives what follows."""
        self._add(self._context(context), atom, full=True)

    def run(self) -> None:
        """Applies the rules until nothing new follows."""
        subsumptions, links = self._subsumptions, self._links
        while subsumptions or links:
            while subsumptions:
                self._take(*subsumptions.popleft())
            if links:
                self._follow(*links.popleft())

    # inside

    def _context(self, root: int) -> Context:
        closed = None if self.base is None else self.base.contexts.get(root)
        found = closed or self.contexts.get(root)
        if found is None:
            found = self._alike(root) if self.base is not None and root >= self.first else None
            if found is not None:
                self.contexts[root] = found
                return found
            found = self.contexts[root] = Context(root)
            self._add(found, root, full=True)
            self._add(found, TOP, full=True)
        return found

    def _alike(self, root: int) -> Context | None:
        """The closed context of a new atom of which no more is told than atoms of the base and links to them."""
        own, first = self.own, self.first
        if own.joins or own.waits or own.groups:
            return None
        names: dict[int, None] = {root: None}
        known: set[int] = set()
        links: set[Pair] = set()
        queue = [root]
        for atom in queue:
            links.update(own.links.get(atom, ()))
            for other in own.told.get(atom, ()):
                if other < first:
                    known.add(other)
                elif other not in names:
                    names[other] = None
                    queue.append(other)
        if any(target >= first or target == SELF for _, target in links):
            return None
        assert self.base is not None
        found = self.base.together((frozenset(known), frozenset(links)), first)
        if found is None:
            return None
        return Context(root, names | found.subs, dict(found.links), dict(found.waits), closed=True)

    def together(self, told: Told, first: int) -> Context | None:
        """What follows from what is told of one thing; None where that depends on which thing it is."""
        if told in self.alike:
            return self.alike[told]
        if len(self.alike) >= ALIKE_KEPT:
            self.alike.clear()
        known, links = told
        own = AtomRules(told={first: sorted(known)}, links={first: sorted(links)}, waits={first: []})
        plain = Plain(self.rules, self.roles, base=self, own=own, first=first)
        plain.close([first])
        found: Context | None = plain.contexts[first]
        assert found is not None
        if len(plain.contexts) > 1 or any(target == first for _, target in found.links):
            found = None
        else:
            del found.subs[first]
        self.alike[told] = found
        return found

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"alike": {}}

    def _rules(self, atom: int) -> AtomRules:
        return self.own if self.base is not None and atom >= self.first else self.rules

    def _add(self, x: Context, atom: int, *, full: bool) -> None:
        if atom not in x.subs:
            x.subs[atom] = None
            self._subsumptions.append((x, atom, full))

    def _link(self, x: Context, role: int, target: int, *, full: bool) -> None:
        if (role, target) not in x.links:
            x.links[role, target] = None
            self._links.append((x, role, target, full))

    def _take(self, x: Context, atom: int, full: bool) -> None:
        """The rules that ``x ⊑ atom`` triggers; what a finished context gave has triggered most of them already."""
        rules = self._rules(atom)
        finished = self.base.contexts.get(atom) if full and self.base is not None else None
        if finished is not None and finished is not x:
            self._inherit(x, finished)
        elif full:
            for other in rules.told.get(atom, ()):
                self._add(x, other, full=True)
            for role, target in rules.links.get(atom, ()):
                self._link(x, role, x.root if target == SELF else target, full=True)
        for other, head in rules.joins.get(atom, ()):
            if other in x.subs:
                self._join(x, rules, head)
        for role, head in rules.waits.get(atom, ()):
            self._wait(x, role, head)
        for group in rules.groups.get(atom, ()):
            if any(other != atom and group in self._rules(other).groups.get(other, ()) for other in x.subs):
                self._add(x, BOTTOM, full=True)

    def _stirs(self, atom: int) -> bool:
        """Whether an atom that is inherited can trigger anything in the context that inherits it."""
        rules = self._rules(atom)
        return atom in rules.joins or atom in rules.waits or atom in rules.groups

    def _join(self, x: Context, rules: AtomRules, head: int) -> None:
        if head >= 0:
            self._add(x, head, full=True)
        elif all(part in x.subs for part in rules.parts[~head]):
            self._add(x, rules.heads[~head], full=True)

    def _wait(self, x: Context, role: int, head: int) -> None:
        x.waits[role, head] = None
        for below, y in tuple(x.back):
            if role in self.roles.above[below]:
                self._add(self.contexts[y], head, full=True)

    def _follow(self, x: Context, role: int, target: int, full: bool) -> None:
        """The rules that ``x -role→ target`` triggers."""
        y = self._context(target)
        if not y.closed:
            y.back[role, x.root] = None
        above, flags = self.roles.above[role], self.roles.flags[role]
        if full:
            for atom in self.roles.domains.get(role, ()):
                self._add(x, atom, full=True)
            for sup, head in tuple(y.waits):
                if sup in above:
                    self._add(x, head, full=True)
            if flags & FIRST:
                for second, z in tuple(y.links):
                    for result in self.roles.chains.get((role, second), ()):
                        self._link(x, result, z, full=True)
        if flags & SECOND:
            for first, before in tuple(x.back):
                for result in self.roles.chains.get((first, role), ()):
                    self._link(self.contexts[before], result, target, full=True)

    def _inherit(self, x: Context, finished: Context) -> None:
        if finished.stirring is None:
            finished.stirring = tuple(filter(self._stirs, finished.subs))
        new = [atom for atom in finished.stirring if atom not in x.subs]
        x.subs |= finished.subs
        self._subsumptions.extend((x, atom, False) for atom in new)
        for role, target in finished.links:
            if self.roles.flags[role] & LOOP:
                self._link(x, role, x.root, full=True)
            else:
                self._link(x, role, target, full=False)
