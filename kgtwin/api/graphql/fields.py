"""Strawberry's field decorators with a description, typed: theirs return ``Any``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import strawberry
from strawberry import relay
from strawberry.types.field import StrawberryField

Decorator = Callable[[Callable[..., Any]], StrawberryField]


def described(description: str) -> Decorator:
    """A field that a method resolves."""
    return cast(Decorator, strawberry.field(description=description))


def connection(page: type[relay.Connection[Any]], description: str) -> Decorator:
    """A Relay connection over the list that a method gives."""
    return cast(Decorator, relay.connection(page, description=description))
