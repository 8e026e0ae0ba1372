"""Relay connections whose pages are bounded and whose arguments are checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import strawberry
from strawberry import relay
from strawberry.relay.types import NodeIterableType
from strawberry.relay.utils import from_base64, to_base64

from kgtwin.errors import UsageError

DEFAULT_FIRST = 100
"""Items in a page where neither ``first`` nor ``last`` says."""
MAX_FIRST = 1_000


@strawberry.type(name="Connection", description="A page of a list.")
class Page(relay.ListConnection[relay.NodeType]):
    total_count: int | None = strawberry.field(default=None, description="Items in the whole list, where it is known.")

    @classmethod
    def resolve_connection(
        cls,
        nodes: NodeIterableType[relay.NodeType],
        *,
        info: strawberry.Info,
        before: str | None = None,
        after: str | None = None,
        first: int | None = None,
        last: int | None = None,
        max_results: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """The page that the arguments ask for.

        Raises:
            UsageError: if an argument is out of range or a cursor is not one of ours.
        """
        assert isinstance(nodes, Sequence), "resolvers give sequences"
        for cursor in (before, after):
            if cursor is not None:
                _check_offset(cursor)
        first = page_size(first, last)
        _check_size("last", last)
        page = super().resolve_connection(
            nodes, info=info, before=before, after=after, first=first, last=last, max_results=MAX_FIRST, **kwargs
        )
        assert isinstance(page, cls), "a list is sliced without waiting"
        page.total_count = len(nodes)
        return page


def page_size(first: int | None, last: int | None = None) -> int | None:
    """``first``, or the default where nothing says how much; None where ``last`` says.

    Raises:
        UsageError: if it is negative or above the maximum.
    """
    _check_size("first", first)
    return DEFAULT_FIRST if first is None and last is None else first


def _check_size(name: str, size: int | None) -> None:
    if size is not None and not 0 <= size <= MAX_FIRST:
        raise UsageError(f"{name} is {size}", expected=f"0 to {MAX_FIRST}", remedy="page with first and after")


def _check_offset(cursor: str) -> None:
    try:
        prefix, number = from_base64(cursor)
        good = prefix == relay.Edge.CURSOR_PREFIX and number.isdecimal()
    except ValueError:
        good = False
    if not good:
        raise _wrong_cursor()


def key_cursor(key: str) -> str:
    """The cursor of an item that is found by its key.

    >>> key_of(key_cursor("local|1"))
    'local|1'
    """
    return to_base64("key", key)


def key_of(cursor: str) -> str:
    """The key in a cursor.

    Raises:
        UsageError: if the cursor is not one of ours.
    """
    try:
        prefix, key = from_base64(cursor)
    except ValueError:
        raise _wrong_cursor() from None
    if prefix != "key":
        raise _wrong_cursor()
    return key


def _wrong_cursor() -> UsageError:
    return UsageError("the cursor is none of this list", expected="the cursor of an edge, or pageInfo.endCursor")
