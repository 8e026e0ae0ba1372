"""What tests share: the shipped knowledge and terminology, loaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kgtwin.config import Settings

if TYPE_CHECKING:
    from kgtwin.inference import Knowledge
    from kgtwin.terminology import Terminology


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    from kgtwin.bootstrap import load_knowledge  # noqa: PLC0415 - most tests need no ontology

    return load_knowledge(Settings())


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    from kgtwin.bootstrap import load_terminology  # noqa: PLC0415

    return load_terminology(Settings())
