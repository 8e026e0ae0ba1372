"""What to train, and on what: one frozen value read from a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from kgtwin.embeddings.interactions import INTERACTIONS
from kgtwin.errors import EmbeddingError


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of every part: a field that is not known is refused."""


class Edges(_Table, frozen=True, kw_only=True):
    """The file of triples; columns by header name or by number, counted from 0."""

    path: Path
    head: str | int = 0
    relation: str | int = 1
    tail: str | int = 2
    header: bool = False
    delimiter: str = "\t"
    comment: str | None = None


class Nodes(_Table, frozen=True, kw_only=True):
    """A file that names the nodes and says of what kind each is.

    The kinds make the candidates of a ranking: a disease competes with diseases. Names are used to look
    concepts up and are never stored in the artefact: the label stored is that of the table that it matched.
    """

    path: Path
    id: str | int = 0
    label: str | int = 1
    kind: str | int | None = None


class Relation(_Table, frozen=True, kw_only=True):
    """One relation of the graph and where its edges come from."""

    name: str
    keep: bool = True
    source: str
    licence: str
    url: str
    status: Literal["verified", "unverified"] = "unverified"
    note: str = ""


class Target(_Table, frozen=True, kw_only=True):
    """A relation to predict, under the name that answers use; ``prior`` None takes the graph's own density."""

    relation: str
    label: str | None = None
    prior: float | None = None

    @property
    def name(self) -> str:
        """What answers call the relation."""
        return self.label or self.relation


class ConceptTable(_Table, frozen=True, kw_only=True):
    """How nodes of a kind join to concepts: their name equals ``match`` in a table, case ignored."""

    kind: str | None = None
    path: Path
    match: str | int
    code: str | int
    prefix: str
    strip: str = ""
    """What to take off the front of a code, such as ``SCTID:``."""
    header: bool = True
    comment: str | None = "#"
    where: dict[str, str] = {}
    """Values that other columns must have, such as ``predicate_id = "skos:exactMatch"``."""
    how: str


class Split(_Table, frozen=True, kw_only=True):
    """Shares of the edges held out; what remains is trained on."""

    valid: float = 0.1
    test: float = 0.1


class TrainConfig(_Table, frozen=True, kw_only=True):
    """A training run."""

    name: str
    triples: Edges
    nodes: Nodes | None = None
    relations: list[Relation] = []
    targets: list[Target]
    concepts: list[ConceptTable] = []
    split: Split = msgspec.field(default_factory=Split)
    model: str = "ComplEx"
    dim: int = 64
    epochs: int = 100
    negatives: int = 10
    sampler: Literal["basic", "bernoulli", "pseudotyped"] = "pseudotyped"
    loss: Literal["softplus", "nssa", "marginranking"] = "softplus"
    batch_size: int = 1024
    learning_rate: float = 0.005
    weight_decay: float = 0.0
    seed: int = 0
    precision: Literal["float16", "float32"] = "float16"

    @property
    def kept(self) -> list[str] | None:
        """Names of the relations to train on; None means all."""
        return [relation.name for relation in self.relations if relation.keep] if self.relations else None

    @property
    def dropped(self) -> list[str]:
        """Names of the relations left out on purpose."""
        return [relation.name for relation in self.relations if not relation.keep]


def read_config(path: Path) -> TrainConfig:
    """The run that a TOML file describes, its paths taken from the file's own folder.

    Raises:
        EmbeddingError: if the file cannot be read, is not TOML, has an unknown or a missing field, a wrong
            type, or values that make no run.
    """
    try:
        config = msgspec.toml.decode(path.read_bytes(), type=TrainConfig, dec_hook=_path)
    except OSError as error:
        raise EmbeddingError(
            f"the configuration cannot be read: {error.strerror}", where=str(path), remedy="check the path"
        ) from error
    except msgspec.DecodeError as error:
        raise EmbeddingError(str(error), where=str(path), remedy="see docs/embeddings.md for the fields") from error
    _check(config, path)
    return _resolved(config, path.parent)


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)


def _check(config: TrainConfig, path: Path) -> None:
    for wrong, message, expected in _faults(config):
        if wrong:
            raise EmbeddingError(message, where=str(path), expected=expected)


def _faults(config: TrainConfig) -> list[tuple[bool, str, str | None]]:
    held_out = config.split.valid + config.split.test
    positive = ("dim", "epochs", "negatives", "batch_size", "learning_rate")
    wrong = [name for name in positive if getattr(config, name) <= 0]
    unkept = [t.relation for t in config.targets if config.kept is not None and t.relation not in config.kept]
    priors = [target.prior for target in config.targets if target.prior is not None]
    names = [relation.name for relation in config.relations]
    return [
        (
            config.model not in INTERACTIONS,
            f"model: {config.model!r} is not known",
            f"one of {sorted(INTERACTIONS)}",
        ),
        (bool(wrong), f"{', '.join(wrong)}: not above zero", "a number above zero"),
        (not config.targets, "targets: none given", "one [[targets]] or more"),
        (bool(unkept), f"targets: {', '.join(unkept)} is not a kept relation", "a relation with keep = true"),
        (min(config.split.valid, config.split.test) <= 0, "split: a share is not above zero", "such as 0.1"),
        (held_out >= 1, "split: valid and test leave nothing to train on", "a sum below 1"),
        (
            any(not 0 < prior < 1 for prior in priors),
            "targets: a prior is not a share",
            "above 0 and below 1",
        ),
        (len(set(names)) < len(names), "relations: a name stands twice", "each relation once"),
    ]


def _resolved(config: TrainConfig, folder: Path) -> TrainConfig:
    replace = msgspec.structs.replace
    return replace(
        config,
        triples=replace(config.triples, path=folder / config.triples.path),
        nodes=replace(config.nodes, path=folder / config.nodes.path) if config.nodes else None,
        concepts=[replace(table, path=folder / table.path) for table in config.concepts],
    )
