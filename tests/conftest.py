"""What tests share: the shipped knowledge and terminology, loaded once."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from kgtwin.config import Settings
from kgtwin.ontology.collecting import no_collection

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

    from kgtwin.inference import Knowledge
    from kgtwin.terminology import Terminology


settings.register_profile("anywhere", deadline=None)  # a busy machine is no defect
settings.register_profile("ci", deadline=None, derandomize=True)  # a change is judged on the same cases every time
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


SERVED = ("neo4j", "faults/test_commit.py", "faults/test_outage.py")
"""What the names of tests have that ask a Neo4j."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """With ``--dist loadfile``: file by file, but in one process all that ask a Neo4j, so that one server starts, and
    all that share the proofs of the cases.
    """
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - where it is installed

    class ByFileAndServer(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            if any(part in nodeid for part in SERVED):
                return "neo4j"
            return "proofs" if "verification/" in nodeid else str(super()._split_scope(nodeid))

    return ByFileAndServer(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests and modules stay until the end: nobody need look through them for garbage again and again."""
    with no_collection():
        found = yield
    gc.freeze()
    return found


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Classifications are kept in a folder of this run's own, which its processes share; machine code stays where the
    machine has it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KGTWIN_CACHE", str(folder))
        yield


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    from kgtwin.bootstrap import load_knowledge  # noqa: PLC0415 - most tests need no ontology

    found = load_knowledge(Settings())
    gc.freeze()
    return found


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    from kgtwin.bootstrap import load_terminology  # noqa: PLC0415

    return load_terminology(Settings())
