"""Which source a machine code belongs to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kgtwin.jit import Function, kernel, part
from tests.jit import constants

TABLE = np.arange(4)
WORD = np.uint64(3)
STEP = 5


@part
def looked_up(at: int) -> int:
    found: int = TABLE[at]
    return found


@kernel
def both(at: int) -> int:
    return looked_up(at) + STEP + constants.OTHER + int(WORD)


def digest() -> str:
    assert isinstance(both, Function)
    return both.digest()


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setitem(globals(), "STEP", 6),
        lambda patch: patch.setitem(globals(), "WORD", np.uint64(4)),
        lambda patch: patch.setitem(globals(), "TABLE", np.arange(4) + 1),
        lambda patch: patch.setitem(globals(), "TABLE", np.arange(4, dtype=np.int32)),
        lambda patch: patch.setattr(constants, "OTHER", 2),
    ],
)
def test_a_changed_constant_is_another_function(
    change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest()
    assert digest() == before
    change(monkeypatch)
    assert digest() != before


def test_constants_go_into_what_is_called() -> None:
    assert both(2) == 2 + 5 + 1 + 3
