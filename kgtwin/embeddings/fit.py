"""Fitting vectors with PyKEEN: the only module that touches it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from kgtwin.embeddings.config import TrainConfig
from kgtwin.embeddings.extras import require
from kgtwin.embeddings.interactions import Vectors
from kgtwin.embeddings.triples import Ids

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Vectors out of a training run: a row an entity, a row a relation, complex ones interleaved."""

    entities: Vectors
    relations: Vectors
    losses: tuple[float, ...]
    """The mean loss of each epoch."""


def versions() -> dict[str, str]:
    """The versions of the libraries that a run depends on."""
    return {name: version(name) for name in ("numpy", "torch", "pykeen")}


def fit(config: TrainConfig, train: Ids, size: tuple[int, int], progress: Progress) -> Fitted:
    """Train on ``train``, edges by number; ``size`` is the number of entities and of relations.

    One thread and one seed: the same input on the same machine and library versions gives the same vectors.

    Raises:
        MissingExtraError: if torch or PyKEEN is not installed.
    """
    torch, factories = require("torch"), require("pykeen.triples")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        require("pykeen.utils").set_random_seed(config.seed)
        edges = factories.CoreTriplesFactory.create(
            torch.from_numpy(train.copy()), num_entities=size[0], num_relations=size[1]
        )
        model = new_model(config, edges)
        losses = _train(config, model, edges, progress)
    finally:
        torch.set_num_threads(threads)
    return Fitted(*vectors(model), tuple(losses))


def new_model(config: TrainConfig, edges: Any) -> Any:
    """An untrained PyKEEN model, by its name, for a PyKEEN triples factory."""
    return require("pykeen.models").model_resolver.make(
        config.model,
        triples_factory=edges,
        embedding_dim=config.dim,
        random_seed=config.seed,
        loss=config.loss,
    )


def vectors(model: Any) -> tuple[Vectors, Vectors]:
    """The entity and relation vectors of a PyKEEN model, as ``interactions`` reads them."""
    return _rows(model.entity_representations[0]), _rows(model.relation_representations[0])


def _train(config: TrainConfig, model: Any, edges: Any, progress: Progress) -> list[float]:
    settings = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    loop = require("pykeen.training").SLCWATrainingLoop(
        model=model,
        triples_factory=edges,
        optimizer=require("torch.optim").Adam(model.get_grad_params(), **settings),
        negative_sampler=config.sampler,
        negative_sampler_kwargs={"num_negs_per_pos": config.negatives},
    )
    with _quiet():
        losses: list[float] = loop.train(
            triples_factory=edges,
            num_epochs=config.epochs,
            batch_size=min(config.batch_size, edges.num_triples),
            use_tqdm=False,
            num_workers=0,
            pin_memory=False,
            callbacks=_reporter(config.epochs, progress),
        )
    return losses


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what PyKEEN 1.11 says of its own calls, by name: nothing here asks for either."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Training instances are always shuffled", DeprecationWarning)
        warnings.filterwarnings("ignore", "'pin_memory' argument is set as true but no accelerator", UserWarning)
        yield


def _reporter(epochs: int, progress: Progress) -> Any:
    """A PyKEEN callback that says, ten times a run, how far it is."""
    every = max(1, epochs // 10)

    class Reporter(require("pykeen.training").TrainingCallback):  # type: ignore[misc]
        def post_epoch(self, epoch: int, epoch_loss: float, **_: Any) -> None:
            if epoch % every == 0 or epoch == epochs:
                progress(f"epoch {epoch} of {epochs}, loss {epoch_loss:.4f}")

    return Reporter()


def _rows(representation: Any) -> Vectors:
    torch = require("torch")
    rows = representation().detach()
    if torch.is_complex(rows):
        rows = torch.view_as_real(rows)
    array: Vectors = rows.reshape(len(rows), -1).numpy().astype(np.float64)
    return array
