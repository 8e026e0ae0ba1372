"""The parameters of a Cypher query: what a store can hold, checked before its driver fails on it or changes it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from kgtwin.errors import QueryRejectedError
from kgtwin.store.cypher_tokens import tokens

MAX_NESTING: Final = 16
MAX_VALUES: Final = 100_000
"""Values in all parameters together."""
_INTEGERS: Final = range(-(1 << 63), 1 << 63)


def check_parameters(parameters: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    """The parameters as the store of a dialect reads them rightly.

    Raises:
        QueryRejectedError: naming the parameter that it cannot hold, and why.

    >>> check_parameters({"rows": [{"b": 1, "a": 2}, {"a": 3, "b": 4}]}, "ladybug")
    {'rows': [{'a': 2, 'b': 1}, {'a': 3, 'b': 4}]}
    """
    left = MAX_VALUES
    for name, value in parameters.items():
        if not isinstance(name, str) or not _is_text(name):
            raise QueryRejectedError("a parameter's name is no text")
        left -= _check_value(value, f"the parameter {name[:40]!r}", dialect, MAX_NESTING)
        if left < 0:
            raise QueryRejectedError("too many values in the parameters", expected=f"at most {MAX_VALUES}")
    return {name: _in_order(value) for name, value in parameters.items()}


def check_given(query: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a query with a parameter that is not given: the embedded store may take it for null.

    Raises:
        QueryRejectedError: naming it.

    >>> check_given("RETURN $a + $`b c`", {"a": 1, "b c": 2})
    """
    words = tokens(query)
    for sign, name in pairwise(words):
        found = name.strip("`")
        if sign == "$" and name != "(" and found not in parameters:
            raise QueryRejectedError(f"the parameter ${found[:40]} is not given", expected="a value for each")


def _check_value(value: Any, where: str, dialect: str, depth: int) -> int:
    """How many values it holds."""
    if depth == 0:
        raise QueryRejectedError(f"{where} is nested too deeply", expected=f"at most {MAX_NESTING} levels")
    if isinstance(value, Mapping):
        inner = list(value.values())
        _check_names(value, where)
    elif isinstance(value, (list, tuple)):
        inner = list(value)
    else:
        _check_plain(value, where)
        return 1
    size = 1 + sum(_check_value(one, where, dialect, depth - 1) for one in inner)
    if dialect == "ladybug":
        _check_types(value, inner, where)
    return size


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, int) and value not in _INTEGERS:
        raise QueryRejectedError(f"{where} is beyond 64 bits", remedy="send it as a text")
    if isinstance(value, str) and not _is_text(value):
        raise QueryRejectedError(f"{where} holds half a character", expected="well-formed Unicode")


def _check_names(names: Mapping[Any, Any], where: str) -> None:
    if not all(isinstance(name, str) and _is_text(name) for name in names):
        raise QueryRejectedError(f"{where} holds a key that is no text")


def _check_types(value: Any, inner: list[Any], where: str) -> None:
    """The embedded store gives each list one type: it fails on others, or puts values under other keys."""
    if isinstance(value, Mapping):
        if any(one is None for one in inner):
            raise QueryRejectedError(f"{where} has a null in a map", remedy="leave the key out")
        return
    kinds = {_kind(one) for one in inner if one is not None}
    if not kinds:
        raise QueryRejectedError(
            f"{where} is a list without a type: it is empty, or of nulls", remedy="leave the condition out"
        )
    if len(kinds) > 1:
        raise QueryRejectedError(f"{where} is a list of several types", expected="one type in the embedded store")


def _kind(value: Any) -> object:
    """Its type, with the types of what it holds."""
    if isinstance(value, Mapping):
        return frozenset((name, _kind(one)) for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return (frozenset(_kind(one) for one in value),)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def _in_order(value: Any) -> Any:
    """With the keys of maps sorted: Ladybug takes a list's maps by the places of their values."""
    if isinstance(value, Mapping):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(one) for one in value] if isinstance(value, (list, tuple)) else value


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
