"""One knowledge for every service and every store that these tests open: loading it takes longer than asking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgtwin import bootstrap
from kgtwin.inference import Knowledge


@pytest.fixture(scope="package", autouse=True)
def one_knowledge(knowledge: Knowledge) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "load_knowledge", lambda settings: knowledge)
        yield
