"""Functions that are compiled when they are first called."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from opcode import opmap
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numpy as np

from kgtwin.jit.arguments import Remembered, types_of, words
from kgtwin.jit.loading import Entry, load

F = TypeVar("F", bound=Callable[..., object])
_LOAD_GLOBAL, _EXTENDED_ARG = opmap["LOAD_GLOBAL"], opmap["EXTENDED_ARG"]


class Function:
    """A function to be compiled. ``py_func`` is the one that was written; ``inline``: into whatever calls it."""

    def __init__(self, py_func: FunctionType, *, inline: bool = False) -> None:
        self.py_func, self.inline = py_func, inline
        self.__doc__, self.__name__, self.__module__ = py_func.__doc__, py_func.__name__, py_func.__module__
        self.__wrapped__ = py_func
        self._entries: dict[str, Entry] = {}

    def __call__(self, *args: object) -> int | None:
        flat: list[int] = []
        words(args, flat)
        return self.entry(args, types_of(args))(flat)

    def entry(self, args: Sequence[object], types: str) -> Entry:
        """The machine code for some arguments, of which the types are known."""
        found = self._entries.get(types)
        if found is None:
            found = self._entries[types] = load(self, args, types)
        return found

    @property
    def signatures(self) -> tuple[str, ...]:
        """The types for which it is ready to be called."""
        return tuple(self._entries)

    def parts(self) -> dict[str, Function]:
        """The functions that this one calls, by the names that it has for them."""
        names = _names(self.py_func.__code__)
        found = ((name, self.py_func.__globals__.get(name)) for name in names)
        return {name: one for name, one in found if isinstance(one, Function)}

    def closure(self) -> list[Function]:
        """This function and all that it calls."""
        found = [self]
        for one in found:
            found.extend(part for part in one.parts().values() if part not in found)
        return found

    def digest(self) -> str:
        """Tells one version of the source from another: the code, the constants, and those of all that it calls."""
        whole = hashlib.sha256()
        for one in self.closure():
            code = one.py_func.__code__
            whole.update(f"{one.__module__}.{one.__name__} {one.inline} ".encode())
            whole.update(repr(_bare(code)).encode())
            for name, value in _constants(one.py_func):
                whole.update(f"{name}={value};".encode())
        return whole.hexdigest()


class Bound:
    """A function with its first arguments given: they are handed over once, in memory of its own.

    Arrays among them must stay where they are (as all arrays do that are not resized). One call at a time.
    """

    def __init__(self, function: Function, fixed: tuple[object, ...]) -> None:
        self._function, self._fixed = function, fixed
        self._words: list[int] = []
        words(fixed, self._words)
        self._calls: dict[tuple[object, ...], tuple[Callable[[int], int | None], Any]] = {}
        self._remembered = Remembered()

    def __call__(self, *args: object) -> int | None:
        flat: list[int] = []
        key = self._remembered.pass_on(args, flat)
        known = self._calls.get(key)
        if known is None:
            known = self._calls[key] = self._prepared(args, len(flat))
        call, memory = known
        if flat:
            memory[len(self._words) :] = flat
        return call(ctypes.addressof(memory))

    def _prepared(self, args: tuple[object, ...], more: int) -> tuple[Callable[[int], int | None], Any]:
        every = (*self._fixed, *args)
        entry = self._function.entry(every, types_of(every))
        count = len(self._words) + more
        return entry.by_address(count), (ctypes.c_int64 * count)(*self._words)


@cache
def _names(code: CodeType) -> list[str]:
    """The global names that a function reads (not its attributes), as ``dis`` would tell, only faster."""
    found: dict[str, None] = {}
    content, more = code.co_code, 0
    for at in range(0, len(content), 2):
        operation, argument = content[at], content[at + 1] | more
        more = argument << 8 if operation == _EXTENDED_ARG else 0
        if operation == _LOAD_GLOBAL:
            found[code.co_names[argument >> 1]] = None
    return list(found)


def _constants(function: FunctionType) -> Iterator[tuple[str, str]]:
    """What is compiled into a function from outside: global values, and those that it takes from other modules."""
    for name in _names(function.__code__):
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            members = {f"{name}.{member}": getattr(value, member, None) for member in function.__code__.co_names}
        else:
            members = {name: value}
        for full, member in members.items():
            if isinstance(member, np.ndarray):
                yield full, f"{member.dtype}{member.shape}{hashlib.sha256(member.tobytes()).hexdigest()}"
            elif isinstance(member, int | float | str | bytes | tuple | np.generic):
                yield full, repr(member)


def _bare(code: CodeType) -> tuple[bytes, str, tuple[str, ...], tuple[str, ...], int]:
    """What of a code object makes a difference: not where it stands."""
    return (code.co_code, repr(code.co_consts), code.co_names, code.co_varnames, code.co_argcount)


def bound(function: Callable[..., int | None], *fixed: object) -> Bound:
    """A kernel with its first arguments given, for many calls."""
    if not isinstance(function, Function):
        raise TypeError(f"{function} is no kernel")
    return Bound(function, fixed)


def kernel(function: F) -> F:
    """A function that Python calls: from arrays, integers and tuples of them to an integer. It makes no array."""
    return cast(F, Function(cast(Any, function)))


def part(function: F) -> F:
    """A part of a kernel, compiled on its own."""
    return cast(F, Function(cast(Any, function)))


def inlined(function: F) -> F:
    """A part of a kernel, compiled into whatever calls it."""
    return cast(F, Function(cast(Any, function), inline=True))
