"""What a query may cost, decided before it runs.

Each fragment is measured once, so that a document whose fragments spread each other a thousand times over is
refused as fast as any. (Strawberry's own depth and alias limiters walk every spread: a doubling chain of fragments
within the token limit keeps them busy for ever.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry.extensions import SchemaExtension

from kgtwin.api.graphql.connections import DEFAULT_FIRST

MAX_TOKENS = 2_000
MAX_DEPTH = 16
MAX_ALIASES = 30
MAX_COST = 50_000
"""Items that an answer may hold if every page is full."""
WEIGHTS = {
    "patient": 10,
    "issue": 10,
    "risks": 10,
    "refutations": 100,
    "scores": 100,
    "caveats": 10,
    "whyNot": 500,
    "contradictions": 100,
    "repairs": 2_000,
    "simulate": 500,
    "alternatives": 5_000,
    "project": 100,
    "proof": 10,
}
"""What fields count that are no page but need a twin or hold a list, or infer anew."""
PAGED = frozenset({"patients", "facts", "issues", "alerts", "revisions"})
"""Fields whose answer is a page; a test holds this against the schema."""


_INVALID = {"code": "invalid-query"}


class Measure(msgspec.Struct, frozen=True):
    """How deep a selection goes, how many aliases it has, and how many objects it may give."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0


class Limits(SchemaExtension):
    """Refuses a document in which an operation is too deep, renames too much, or asks for too much."""

    def on_validate(self) -> Iterator[None]:
        """Before validation, which is itself work."""
        document = self.execution_context.graphql_document
        if document is not None:
            check_named(document, self.execution_context.context.operation_name)
            check(document, self.execution_context.variables or {})
        yield


def check(document: DocumentNode, variables: Mapping[str, Any]) -> None:
    """Measure every operation.

    Raises:
        GraphQLError: with the extension ``code`` ``query-too-large``, if one is over a limit.
    """
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found = _Walk(document, _given(definition, variables)).measure(definition.selection_set, 1)
            _refuse("depth", found.depth, MAX_DEPTH)
            _refuse("number of aliases", found.aliases, MAX_ALIASES)
            _refuse("cost", found.cost, MAX_COST)


def check_named(document: DocumentNode, operation_name: str | None) -> None:
    """See that one operation is meant (GraphQL, section 6.1): Strawberry would run the first.

    Raises:
        GraphQLError: if there are several and the request names none.
    """
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) > 1 and operation_name is None:
        raise GraphQLError("several operations in the document", extensions={"expected": "operationName", **_INVALID})


def _refuse(what: str, found: int, limit: int) -> None:
    if found > limit:
        shown = found if found < 10**9 else "over a billion"
        raise GraphQLError(
            f"the query's {what} is {shown}",
            extensions={
                "code": "query-too-large",
                "expected": f"at most {limit}",
                "remedy": "ask for less at once: smaller pages, fewer nested lists, several queries",
            },
        )


def _given(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables' values, defaults where none is given."""
    found = dict(variables)
    for one in operation.variable_definitions or ():
        default = one.default_value
        if isinstance(default, IntValueNode):
            found.setdefault(one.variable.name.value, int(default.value))
    return found


class _Walk:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._variables = variables
        self._known: dict[str, Measure] = {}

    def measure(self, selection: SelectionSetNode, level: int) -> Measure:
        depth = aliases = cost = 0
        _refuse("depth", level, 4 * MAX_DEPTH)  # inline fragments nest without being fields
        for node in selection.selections:
            if isinstance(node, FieldNode):
                found = self._field(node, level)
            elif isinstance(node, FragmentSpreadNode):
                found = self._fragment(node.name.value, level)
            else:
                found = self.measure(node.selection_set, level + 1)  # type: ignore[attr-defined]
            depth, aliases, cost = max(depth, found.depth), aliases + found.aliases, cost + found.cost
        return Measure(depth, aliases, cost)

    def _field(self, node: FieldNode, level: int) -> Measure:
        name = node.name.value
        alias = int(node.alias is not None)
        if node.selection_set is None:
            return Measure(0, alias, 0)
        inner = self.measure(node.selection_set, level + 1)
        if name.startswith("__"):  # graphql-core limits introspection by a rule of its own
            return Measure(0, alias + inner.aliases, 0)
        cost = self._size(node) * (1 + inner.cost) if name in PAGED else WEIGHTS.get(name, 0) + inner.cost
        return Measure(inner.depth + 1, alias + inner.aliases, cost)

    def _size(self, node: FieldNode) -> int:
        sizes = [self._number(a.value) for a in node.arguments or () if a.name.value in {"first", "last"}]
        given = [size for size in sizes if size is not None]
        return max(0, *given) if given else DEFAULT_FIRST

    def _number(self, value: object) -> int | None:
        if isinstance(value, IntValueNode):
            return int(value.value) if len(value.value) < 12 else 10**12
        found = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
        return found if isinstance(found, int) else None

    def _fragment(self, name: str, level: int) -> Measure:
        """A fragment's measure; one that contains itself counts once here and fails validation."""
        fragment = self._fragments.get(name)
        if name not in self._known and fragment is not None:
            self._known[name] = Measure()
            self._known[name] = self.measure(fragment.selection_set, level + 1)
        return self._known.get(name, Measure())
