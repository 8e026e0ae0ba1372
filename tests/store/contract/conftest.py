"""The store of the contract's tests, open and at first empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kgtwin.store.base import GraphStore
from tests.store.conftest import StoreMaker


@pytest.fixture
async def store(make_store: StoreMaker) -> AsyncIterator[GraphStore]:
    async with make_store() as opened:
        yield opened
