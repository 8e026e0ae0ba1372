"""Machine code from the cache folder into this process, by llvmlite alone."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kgtwin.jit.functions import Function

_MAGIC = b"kgtwin code 1\n"
_RETURNS = {0: None, 1: ctypes.c_uint8, 4: ctypes.c_int32, 8: ctypes.c_int64}


class MachineCode(NamedTuple):
    """An object file, the name of the function in it, and the bytes of what it returns (0 for nothing)."""

    content: bytes
    symbol: str
    returns: int


class Entry:
    """A compiled function, called with words."""

    def __init__(self, address: int, returns: int) -> None:
        self._address = address
        kind = _RETURNS[returns]
        self._result: Any = None if kind is None else kind
        self._calls: dict[int, Any] = {}

    def __call__(self, flat: list[int]) -> int | None:
        call = self._calls.get(len(flat))
        if call is None:
            words = [ctypes.c_int64] * len(flat)
            prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *words)
            call = self._calls[len(flat)] = prototype(self._address)
        error = ctypes.c_void_p()
        if self._result is None:
            nothing = ctypes.c_int64()
            status = call(ctypes.byref(nothing), ctypes.byref(error), *flat)
            result = None
        else:
            value = self._result()
            status = call(ctypes.byref(value), ctypes.byref(error), *flat)
            result = int(value.value)
        _require_success(status)
        return result

    def by_address(self, count: int) -> Callable[[int], int | None]:
        """A call that takes ``count`` words from an address: a hundredth of the time where there are hundreds."""
        call: Any = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * 3)(_unpacking(self._address, count))
        value = (self._result or ctypes.c_int64)()
        error = ctypes.c_void_p()
        at, error_at = ctypes.addressof(value), ctypes.addressof(error)

        def called(words: int, _kept: object = (value, error)) -> int | None:
            _require_success(call(at, error_at, words))
            return None if self._result is None else int(value.value)

        return called


def _require_success(status: int) -> None:
    if status not in (0, -2):
        raise RuntimeError(f"compiled code ended with status {status}")


def load(function: Function, args: Sequence[object], types: str) -> Entry:
    """The machine code of a function for some types: kept, or compiled and kept."""
    name = hashlib.sha256(f"{function.digest()} {types} {_machine()}".encode()).hexdigest()[:40]
    path = folder() / f"{function.__name__.strip('_')}-{name}.o"
    code = _read(path)
    if code is None:
        from kgtwin.jit.compiling import compiled  # noqa: PLC0415 - imports Numba

        code = compiled(function, args)
        with contextlib.suppress(OSError):
            _write(path, code)
    return _entry(code)


def folder() -> Path:
    """Where machine code is kept: ``KGTWIN_CODE_CACHE``, else ``kgtwin/code`` in the user's cache folder."""
    setting = os.environ.get("KGTWIN_CODE_CACHE")
    if setting:
        return Path(setting)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgtwin" / "code"


@cache
def _machine() -> str:
    """What machine code depends on beside its source."""
    import llvmlite.binding as llvm  # noqa: PLC0415

    features = llvm.get_host_cpu_features().flatten()
    return f"{version('numba')} {version('llvmlite')} {llvm.get_host_cpu_name()} {features}"


def _read(path: Path) -> MachineCode | None:
    """What a file holds, or None where there is none, it is damaged, or another user could have written it."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or status.st_mode & 0o022:
                return None
            content = file.read()
    except OSError:
        return None
    head, _, body = content.removeprefix(_MAGIC).partition(b"\n")
    if not content.startswith(_MAGIC) or hashlib.sha256(body).hexdigest().encode() not in head:
        return None
    _, symbol, returns = head.decode().split(" ")
    return MachineCode(body, symbol, int(returns))


def _write(path: Path, code: MachineCode) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    head = f"{hashlib.sha256(code.content).hexdigest()} {code.symbol} {code.returns}\n".encode()
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(_MAGIC + head + code.content)
    Path(temporary).replace(path)


_engines: list[Any] = []
"""What keeps the loaded code alive."""


def _entry(code: MachineCode) -> Entry:
    engine = _engine("")
    import llvmlite.binding as llvm  # noqa: PLC0415

    engine.add_object_file(llvm.ObjectFileRef.from_data(code.content))
    engine.finalize_object()
    return Entry(engine.get_function_address(code.symbol), code.returns)


def _engine(source: str) -> Any:
    import llvmlite.binding as llvm  # noqa: PLC0415

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(source), machine)
    _engines.append(engine)
    return engine


@cache
def _unpacking(address: int, count: int) -> int:
    """The address of code that calls a function with words read from memory."""
    loads = "\n".join(
        f"  %p{i} = getelementptr i64, ptr %at, i64 {i}\n  %w{i} = load i64, ptr %p{i}" for i in range(count)
    )
    words = ", ".join(["i64 %result", "i64 %error", *(f"i64 %w{i}" for i in range(count))])
    engine = _engine(f"""
define i32 @unpacking(i64 %result, i64 %error, i64 %words) {{
  %at = inttoptr i64 %words to ptr
  %function = inttoptr i64 {address} to ptr
{loads}
  %status = call i32 %function({words})
  ret i32 %status
}}""")
    engine.finalize_object()
    return int(engine.get_function_address("unpacking"))
