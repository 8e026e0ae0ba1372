"""Checks that tell whether an installation is well."""

from __future__ import annotations

import asyncio
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable, Iterator

import msgspec

from kgtwin import __version__
from kgtwin.config import Settings
from kgtwin.errors import KgtwinError


class Finding(msgspec.Struct, frozen=True):
    """``state`` is ok, note (works without it), or fail."""

    state: str
    what: str
    text: str


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Every check, in the order in which things depend on each other."""
    checks = (_python, _knowledge, _terminology, _predictor, _store, _conclusions, _view, _extras)
    return tuple(finding for check in checks for finding in _run(check, settings))


def _run(check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except KgtwinError as error:
        yield Finding("fail", check.__name__.strip("_"), str(error))


def _python(_: Settings) -> Iterator[Finding]:
    yield Finding("ok", "python", f"{platform.python_version()} at {sys.executable}; kgtwin {__version__}")


def _knowledge(settings: Settings) -> Iterator[Finding]:
    from kgtwin.bootstrap import load_knowledge  # noqa: PLC0415 - heavy

    knowledge = load_knowledge(settings)
    text = f"version {knowledge.version}: {len(knowledge.classes)} classes, {len(knowledge.statements)} statements"
    yield Finding("ok", "knowledge", f"{text} from {settings.ontology}")
    for iri in sorted(knowledge.classification.unsatisfiable):
        yield Finding("fail", "knowledge", f"unsatisfiable class {iri}: nothing can ever be one")
    for caveat in knowledge.classification.caveats:
        yield Finding("note", "knowledge", caveat.text)


def _terminology(settings: Settings) -> Iterator[Finding]:
    from kgtwin.bootstrap import load_terminology  # noqa: PLC0415

    problems = load_terminology(settings).problems
    yield Finding("ok", "terminology", f"mappings from {settings.mappings}")
    for problem in problems:
        yield Finding("fail", "terminology", str(problem))


def _predictor(settings: Settings) -> Iterator[Finding]:
    from kgtwin.bootstrap import load_predictor  # noqa: PLC0415

    found = load_predictor(settings)
    yield Finding("ok" if found else "note", "predictions", "an embedding is loaded" if found else "switched off")


def _store(settings: Settings) -> Iterator[Finding]:
    from kgtwin.bootstrap import running  # noqa: PLC0415
    from kgtwin.store.integrity import Flaw, examine  # noqa: PLC0415

    async def look() -> tuple[str, tuple[Flaw, ...]]:
        async with running(settings, read_only=True) as service:
            counts = await service.store.counts()
            revision = await service.store.revision()
            flaws = await examine(service.store)
        said = ", ".join(f"{n} {kind}" for kind, n in counts.items())
        return f"{settings.store} at revision {revision}: {said}", flaws

    text, flaws = asyncio.run(look())
    yield Finding("ok", "store", text)
    for flaw in flaws:
        yield Finding("fail", "store", f"{flaw.text}; restore a backup, or ingest the sources into a new store")


def _conclusions(settings: Settings) -> Iterator[Finding]:
    from kgtwin.bootstrap import running  # noqa: PLC0415

    async def look() -> Finding:
        async with running(settings, read_only=True) as service:
            due, version = await service.refresh_due(), service.knowledge().version
        if not due:
            return Finding("ok", "conclusions", f"what is stored is what knowledge {version} says")
        told = ", ".join(f"{count} patients' with {one}" for one, count in due.versions.items())
        text = f"not compared yet with knowledge {version}: {told or 'predictions of another embedding'}"
        return Finding("note", "conclusions", f"{text}; `kgtwin serve` sees to it, or `kgtwin refresh`")

    yield asyncio.run(look())


def _view(settings: Settings) -> Iterator[Finding]:
    from kgtwin.bootstrap import running  # noqa: PLC0415

    async def look() -> Finding:
        async with running(settings, read_only=True) as service:
            if not service.view.exists:
                return Finding("note", "view", "there is no RDF view yet; the first SPARQL query builds it")
            status = await service.view_status()
        state = "ok" if status.state in {"fresh", "behind"} else "note"
        return Finding(state, "view", f"{status.state}; `kgtwin view verify` compares it with the store")

    yield asyncio.run(look())


def _extras(_: Settings) -> Iterator[Finding]:
    for module, what in (("pykeen", "training embeddings"), ("torch", "training embeddings")):
        if importlib.util.find_spec(module) is None:
            yield Finding("note", module, f"not installed; {what} needs it: pip install 'kgtwin[embeddings]'")
    if shutil.which("java") is None:
        yield Finding("note", "java", "not found; only the HermiT oracle needs it")
