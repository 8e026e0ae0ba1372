"""The only composition root: settings in, a running service out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kgtwin.config import Settings
from kgtwin.errors import KgtwinError, OntologyError
from kgtwin.identifiers import digest
from kgtwin.inference import Knowledge
from kgtwin.inference.editing import Archive
from kgtwin.inference.knowledge import kept
from kgtwin.inference.knowledge.kept import KeptKnowledge
from kgtwin.inference.predicting.predict import Predictor
from kgtwin.reasoning import cache as cached
from kgtwin.service import Service
from kgtwin.service.refresher import Refresher
from kgtwin.store.base import GraphStore
from kgtwin.store.factory import open_store
from kgtwin.store.rdf_files import view_folder, view_name
from kgtwin.store.rdf_views import CurrentView
from kgtwin.terminology import Terminology

if TYPE_CHECKING:
    from kgtwin.workbench.watching import Files

ONTOLOGY_FILES: Final = frozenset({".owl", ".ofn", ".owx", ".omn", ".rdf", ".ttl", ".nt", ".xml", ".obo"})


@asynccontextmanager
async def running(
    settings: Settings, *, read_only: bool = False, now: Callable[[], datetime] | None = None
) -> AsyncIterator[Service]:
    """A service over an open store; the store is closed at the end.

    Raises:
        StoreError: if the store cannot be opened.
    """
    knowledge = KeptKnowledge(settings.ontology, partial(load_knowledge, settings))
    async with store_of(settings, read_only=read_only) as store:
        service = Service(
            store,
            cache(partial(load_terminology, settings)),
            knowledge,
            cache(partial(load_predictor, settings)),
            now=now or (lambda: datetime.now(UTC)),
            unverified=settings.unverified,
            queries=settings.queries,
            view=load_view(store, settings),
            archive=Archive(files=True),
        )
        try:
            yield service
        finally:
            await service.close()
            knowledge.keep()


class PortionWorker:
    """Infers portions of a store's patients in a process of its own: see `kgtwin.service.population`."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        from kgtwin.inference.columns import Finder  # noqa: PLC0415 - heavy, and seldom needed
        from kgtwin.inference.population import Rows  # noqa: PLC0415
        from kgtwin.service import population  # noqa: PLC0415

        self._runner, self._stack = asyncio.Runner(), contextlib.AsyncExitStack()
        service = self._runner.run(self._stack.enter_async_context(running(settings, read_only=True)))
        manifest = population.read_manifest(folder)
        rows = Rows(Finder(service.knowledge()), unverified=manifest.unverified)
        self._portion = partial(population.portion, service, rows, folder, manifest)

    def __call__(self, number: int) -> int:
        """How many rows a portion has."""
        return self._runner.run(self._portion(number))

    def close(self) -> None:
        """Closes the store."""
        self._runner.run(self._stack.aclose())
        self._runner.close()


def store_of(settings: Settings, *, read_only: bool = False) -> GraphStore:
    """The settings' store, not yet open."""
    return open_store(
        settings.store,
        user=settings.neo4j_user,
        password=settings.neo4j_password,
        database=settings.neo4j_database,
        read_only=read_only,
    )


def load_view(store: GraphStore, settings: Settings) -> CurrentView:
    """The store's RDF view, in the settings' folder or the store's own, with the settings' ontology in it."""
    folder = view_folder(settings.store, settings.neo4j_database, chosen=settings.view)
    name = view_name(settings.store, settings.neo4j_database)
    return CurrentView(store, folder, name=name, ontology=OntologyFiles(settings.ontology))


class OntologyFiles:
    """An ontology's files as the RDF view wants them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def stamp(self) -> str:
        """Sizes and times of the files in the root's folder, and below."""
        files = sorted(path for path in self._root.parent.rglob("*") if path.suffix in ONTOLOGY_FILES)
        found = ((str(path), path.stat()) for path in files if path.is_file())
        texts = (f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in found)
        return digest(str(self._root.absolute()), *texts)

    def load(self) -> tuple[str, bytes]:
        """The digest of the ontology with all that it imports, and its axioms and annotations in Turtle; kept.

        Raises:
            OntologyError: if it cannot be read.
        """
        path = cached.folder() / f"{digest(self.stamp(), cached.engine_version(), kept.version())}.turtle"
        known = cached.load(path)
        if isinstance(known, tuple):
            return known
        made = self._made()
        with contextlib.suppress(OSError):
            cached.save(made, path)
            cached.prune(".turtle")
        return made

    def _made(self) -> tuple[str, bytes]:
        from kgtwin.ontology import rdf_graph  # noqa: PLC0415 - heavy
        from kgtwin.ontology.rdf_triples import triples  # noqa: PLC0415
        from kgtwin.workbench.merging import merged  # noqa: PLC0415
        from kgtwin.workbench.project import read_project  # noqa: PLC0415

        project, findings = read_project(self._root)
        if project is None:
            raise OntologyError(findings[0].message, where=str(self._root), remedy="run kgtwin ontology check")
        return project.ontology.digest, rdf_graph.write(triples(merged(project, project.ontology.version)), {})


def load_terminology(settings: Settings) -> Terminology:
    """The mappings of the settings' folder."""
    return Terminology.load(settings.mappings)


def load_knowledge(settings: Settings) -> Knowledge:
    """The settings' ontology, loaded and classified."""
    from kgtwin.ontology.loader import load  # noqa: PLC0415 - heavy; a query of the store never needs it
    from kgtwin.reasoning import classify  # noqa: PLC0415

    ontology = load(settings.ontology)
    classes = (iri for iri, kind in ontology.entities.items() if kind == "Class")
    return Knowledge(ontology, classify(ontology.axioms, classes=classes))


async def reload_on_save(
    service: Service, settings: Settings, say: Callable[[str], None], *, refresher: Refresher | None = None
) -> None:
    """Looks at the ontology's files for ever; after a save, answers with what they say now if nothing is wrong with it.

    What is asked meanwhile is answered by the knowledge that was there before; so is everything while a file is broken.
    ``say`` is told which version answers, or what is wrong and where. The ``refresher`` then sees to what is stored.
    """
    from kgtwin.workbench.watching import Files  # noqa: PLC0415 - only services that watch need it

    files = Files(settings.ontology)
    files.follow(service.knowledge().ontology.files)
    while True:
        await _saved(files)
        found, wrong = await asyncio.to_thread(_checked, settings)
        if found is None:
            say(f"knowledge {service.knowledge().version} still answers: {wrong}")
            continue
        files.follow(found.ontology.files)
        if found.ontology.digest != service.knowledge().ontology.digest:
            edit = await asyncio.to_thread(service.edit_to, found)
            service.replace_knowledge(found, edit)
            await service.write_taxonomy()
            if refresher is not None:
                await refresher.begin()
        say(f"knowledge {found.version} answers now ({len(found.statements)} statements)")


async def _saved(files: Files) -> None:
    """Until some file was saved, and no file is being saved any more."""
    from kgtwin.workbench.watching import PAUSE  # noqa: PLC0415

    while not files.changed():  # noqa: ASYNC110 - nobody tells of a save
        await asyncio.sleep(PAUSE)
    while files.changed():  # noqa: ASYNC110
        await asyncio.sleep(PAUSE)


def _checked(settings: Settings) -> tuple[Knowledge | None, str]:
    """The settings' ontology as it was checked, if it passes; else the first thing that is wrong with it."""
    from kgtwin.workbench.checking import Memory, check  # noqa: PLC0415 - heavy

    memory = Memory()
    try:
        report = check(settings.ontology, shape_files=None, memory=memory)
        if report.errors:
            more = f" (and {report.errors - 1} errors more)" if report.errors > 1 else ""
            return None, f"{report.findings[0]}{more}"
        assert memory.project is not None
        assert memory.classification is not None
        return Knowledge(memory.project.ontology, memory.classification), ""
    except KgtwinError as error:
        return None, str(error)


def load_predictor(settings: Settings) -> Predictor | None:
    """The shipped embedding, or None where predictions are switched off."""
    if not settings.predictions:
        return None
    from kgtwin import embeddings  # noqa: PLC0415 - numpy

    predictor: Predictor = embeddings.load(embeddings.default_artefact())
    return predictor
