"""From the relationships of a SNOMED CT release to OWL axioms, for releases without an OWL reference set.

A concept is below its parents and has, of each role group, a group of attributes (609096000 |Role group|); where it is
defined, it is all that has these. An attribute outside of groups is a group by itself unless the concept model never
groups it: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-owl-guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_concepts import DEFINED, Concepts, Selection
from kgtwin.ontology.releases.snomed_files import Component, ReleaseFiles, newest

IS_A: Final = "116680003"
ROLE_GROUP: Final = "609096000"
STATED: Final = "900000000000010007"
INFERRED: Final = "900000000000011006"
SOME: Final = "900000000000451002"
OBJECT_ATTRIBUTES: Final = "762705008"
DATA_ATTRIBUTES: Final = "762706009"
ATTRIBUTES: Final = "410662002"
NEVER_GROUPED: Final = frozenset({"123005000", "272741003", "127489000", "411116001", "733928003"})
"""|Part of|, |Laterality|, |Has active ingredient|, |Has dose form|, |All or part of|: only where the release has no
MRCM attribute domain reference set to say so."""
_NUMBER = re.compile(r"#[+-]?\d+(?:\.\d+)?")


class Axioms(NamedTuple):
    """Axioms by the concept that they define, and the concepts that are roles."""

    of: dict[str, list[str]]
    object_roles: frozenset[str]
    data_roles: frozenset[str]


class _Concept(NamedTuple):
    parents: list[str]
    groups: dict[int, list[tuple[str, str]]]
    """By group number, pairs of an attribute and its existential restriction."""


def read_axioms(files: ReleaseFiles, concepts: Concepts, selection: Selection, log: Log) -> Axioms:
    """The axioms of the kept concepts; a relationship that cannot be used is told and left out."""
    gathered: dict[str, _Concept] = {}
    used: dict[str, set[str]] = {"object": set(), "data": set()}
    stated = newest(files, "stated", log, until=selection.until)
    relations = stated if any(one.active for one in stated.values()) else {}
    kind = STATED if relations else INFERRED
    relations = relations or newest(files, "relationships", log, until=selection.until)
    for one in relations.values():
        if one.active and one.fields[4] == kind and _is_sound(one, concepts, log):
            _gather(gathered, one, one.fields[1], used["object"])
    values = newest(files, "values", log, until=selection.until)
    for one in values.values():
        if one.active and one.fields[4] in (kind, INFERRED) and _is_sound(one, concepts, log, value=True):
            _gather(gathered, one, None, used["data"])
    ungrouped = _never_grouped(files, selection, log)
    roles = _Roles.of(gathered, used)
    axioms = {
        own: list(_axioms(own, gathered[own], concepts.known[own].fields[0] == DEFINED, roles, ungrouped))
        for own in concepts.kept
        if own in gathered
    }
    return Axioms(axioms, roles.object | roles.top(OBJECT_ATTRIBUTES, axioms), roles.data)


def _is_sound(one: Component, concepts: Concepts, log: Log, *, value: bool = False) -> bool:
    source, destination, group, kind, _, modifier = one.fields
    if source not in concepts.kept:
        found = concepts.why_not(source)
        if found:
            _reject(one, "sourceId", *found, log)
        return False
    named = [("typeId", kind)] * (kind != IS_A) + ([] if value else [("destinationId", destination)])
    for field, concept in named:
        if found := concepts.why_not(concept):
            _reject(one, field, *found, log)
            return False
    if not (group.isascii() and group.isdigit()):
        _reject(one, "relationshipGroup", "bad-value", f"the group is {group[:20]!r}", log)
    elif modifier != SOME:
        _reject(one, "modifierId", "bad-value", f"the modifier is {modifier[:20]!r}, not {SOME} (some)", log)
    elif value and not (_NUMBER.fullmatch(destination) or destination[:1] == '"'):
        _reject(one, "value", "bad-value", f"the value is {destination[:20]!r}", log)
    else:
        return True
    return False


def _reject(one: Component, field: str, code: str, message: str, log: Log) -> None:
    remedy = "take a release in which it is active" if code == "retired" else "take the file from the release again"
    log.reject(
        code, message, one.file, one.line, field, expected="an active relationship of active concepts", remedy=remedy
    )


def _gather(gathered: dict[str, _Concept], one: Component, target: str | None, used: set[str]) -> None:
    source, value, group, kind = one.fields[:4]
    concept = gathered.setdefault(source, _Concept([], {}))
    if kind == IS_A:
        concept.parents.append(value)
        return
    used.add(kind)
    text = f"ObjectSomeValuesFrom(:{kind} :{target})" if target else f"DataHasValue(:{kind} {_literal(value)})"
    concept.groups.setdefault(int(group), []).append((kind, text))


def _literal(value: str) -> str:
    """A concrete value; a number is a decimal, as the reasoner compares them."""
    if value.startswith("#"):
        return f'"{value[1:]}"^^xsd:decimal'
    text = value.strip('"').replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _never_grouped(files: ReleaseFiles, selection: Selection, log: Log) -> frozenset[str]:
    """The attributes that the concept model does not group."""
    members = newest(files, "attributes", log, until=selection.until).values()
    told = frozenset(one.fields[1] for one in members if one.active and one.fields[3] == "0")
    return told if members else NEVER_GROUPED


class _Roles(NamedTuple):
    """``object`` and ``data``: the concepts that are roles, by what they are used with or placed below."""

    object: frozenset[str]
    data: frozenset[str]

    def top(self, own: str, axioms: dict[str, list[str]]) -> frozenset[str]:
        """The concept above all roles, where it is used as one."""
        used = any(text.endswith(f" :{own})") for role in self.object for text in axioms.get(role, ()))
        return frozenset({own} if used else ())

    @staticmethod
    def of(gathered: dict[str, _Concept], used: dict[str, set[str]]) -> _Roles:
        children: dict[str, list[str]] = {}
        for own, concept in gathered.items():
            for parent in concept.parents:
                children.setdefault(parent, []).append(own)
        data = frozenset(used["data"]) | _below(DATA_ATTRIBUTES, children)
        objects = frozenset(used["object"]) | _below(OBJECT_ATTRIBUTES, children)
        return _Roles(objects - data - {ROLE_GROUP}, data)


def _below(top: str, children: dict[str, list[str]]) -> frozenset[str]:
    found: set[str] = set()
    todo = [top]
    while todo:
        new = [child for child in children.get(todo.pop(), ()) if child not in found]
        found.update(new)
        todo += new
    return frozenset(found)


def _axioms(own: str, concept: _Concept, defined: bool, roles: _Roles, ungrouped: frozenset[str]) -> Iterator[str]:
    parents = sorted(set(concept.parents), key=int)
    for name, those, top in (("Object", roles.object, OBJECT_ATTRIBUTES), ("Data", roles.data, DATA_ATTRIBUTES)):
        if own in those:
            above = [parent for parent in parents if parent in those or parent == top]
            yield from (f"Sub{name}PropertyOf(:{own} :{parent})" for parent in above)
            return
    parts = [f":{parent}" for parent in parents]
    parts += sorted(_groups(concept, ungrouped))
    if len(parts) == 1:
        yield f"SubClassOf(:{own} {parts[0]})"
    elif parts:
        whole = f"ObjectIntersectionOf({' '.join(parts)})"
        yield f"EquivalentClasses(:{own} {whole})" if defined else f"SubClassOf(:{own} {whole})"


def _groups(concept: _Concept, ungrouped: frozenset[str]) -> Iterator[str]:
    for number, pairs in concept.groups.items():
        if number:
            yield _group(text for _, text in pairs)
            continue
        for kind, text in pairs:
            yield text if kind in ungrouped else _group([text])


def _group(texts: Iterable[str]) -> str:
    parts = sorted(set(texts))
    inner = parts[0] if len(parts) == 1 else f"ObjectIntersectionOf({' '.join(parts)})"
    return f"ObjectSomeValuesFrom(:{ROLE_GROUP} {inner})"
