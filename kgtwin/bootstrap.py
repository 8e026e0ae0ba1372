"""The only composition root: settings in, a running service out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache, partial

from kgtwin.config import Settings
from kgtwin.inference import Knowledge
from kgtwin.inference.predict import Predictor
from kgtwin.service import Service
from kgtwin.store.factory import open_store
from kgtwin.terminology import Terminology


@asynccontextmanager
async def running(
    settings: Settings, *, read_only: bool = False, now: Callable[[], datetime] | None = None
) -> AsyncIterator[Service]:
    """A service over an open store; the store is closed at the end.

    Raises:
        StoreError: if the store cannot be opened.
    """
    store = open_store(
        settings.store,
        user=settings.neo4j_user,
        password=settings.neo4j_password,
        database=settings.neo4j_database,
        read_only=read_only,
    )
    async with store:
        service = Service(
            store,
            cache(partial(load_terminology, settings)),
            cache(partial(load_knowledge, settings)),
            cache(partial(load_predictor, settings)),
            now=now or (lambda: datetime.now(UTC)),
            unverified=settings.unverified,
        )
        try:
            yield service
        finally:
            await service.close()


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


def load_predictor(settings: Settings) -> Predictor | None:
    """The shipped embedding, or None where predictions are switched off."""
    if not settings.predictions:
        return None
    from kgtwin import embeddings  # noqa: PLC0415 - numpy

    predictor: Predictor = embeddings.load(embeddings.default_artefact())
    return predictor
