"""Machine code by Numba. Imported only where a function has not been compiled on this machine yet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numba
from numba.core import types

from kgtwin.jit.loading import MachineCode

if TYPE_CHECKING:
    from kgtwin.jit.functions import Function

_typeof: Any = numba.typeof
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "error_model": "numpy",
}


def compiled(function: Function, args: Sequence[object]) -> MachineCode:
    """Compiles a function for the types of some arguments."""
    if sys.stderr.isatty():
        sys.stderr.write(f"compiling {function.__module__}.{function.__name__} (once on this machine)\n")
    dispatcher = _dispatcher(function, {})
    signature = tuple(_typeof(one) for one in args)
    dispatcher.compile(signature)
    result = dispatcher.overloads[signature]
    returned: Any = result.signature.return_type
    if not isinstance(returned, types.Integer | types.NoneType | types.Boolean):
        raise TypeError(f"{function.__name__} returns {returned}; kernels return integers or nothing")
    return MachineCode(result.library._get_compiled_object(), result.fndesc.llvm_func_name, _size(returned))


def _size(returned: Any) -> int:
    if isinstance(returned, types.NoneType):
        return 0
    return 1 if isinstance(returned, types.Boolean) else int(returned.bitwidth) // 8


def _dispatcher(function: Function, known: dict[Function, Any]) -> Any:
    """Numba's own object for a function, with those of the functions that it calls in its globals."""
    found = known.get(function)
    if found is None:
        source = function.py_func
        own = dict(source.__globals__)
        own.update({name: _dispatcher(one, known) for name, one in function.parts().items()})
        copy = FunctionType(source.__code__, own, source.__name__, source.__defaults__, source.__closure__)
        copy.__qualname__, copy.__module__ = source.__qualname__, source.__module__
        found = known[function] = numba.njit(**_OPTIONS, forceinline=function.inline)(copy)
    return found
