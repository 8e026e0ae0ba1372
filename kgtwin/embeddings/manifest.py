"""What an artefact says about itself: one JSON document beside its vectors."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kgtwin.embeddings.calibrate import Calibration, Fit
from kgtwin.embeddings.concepts import Lookup
from kgtwin.embeddings.config import Relation
from kgtwin.embeddings.evaluate import Evaluation

FORMAT: Final = 1
NOTICE: Final = (
    "A plausibility says how a relation between two concepts fits the graph that the model was trained on, under "
    "the stated prior. It is no proof, no advice, and says nothing about the chances of any patient. Not clinically "
    "validated."
)


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of the vectors: its id in the graph, and the concept it was looked up to be, if any."""

    id: str
    kind: str
    concept: str | None = None
    label: str | None = None
    """The name that the looked-up table gives the concept."""
    how: str | None = None


class Data(msgspec.Struct, frozen=True):
    """The graph that was used."""

    digest: str
    """SHA-256 over its named edges, sorted, one a line."""
    edges: int
    entities: int
    by_relation: dict[str, int]
    train: int
    valid: int
    test: int
    pairs_with_several_edges: int
    """All edges of a pair, inverses and other relations too, fall on one side of the split."""


class TargetInfo(msgspec.Struct, frozen=True):
    """A relation that can be predicted."""

    name: str
    relation: str
    index: int
    """Its row in the relation vectors."""
    prior: float
    prior_source: str
    calibration: Calibration
    calibration_on_test: Fit | None
    evaluation: Evaluation | None


class VectorsFile(msgspec.Struct, frozen=True):
    """The ``.npz`` beside the manifest."""

    file: str
    sha256: str
    arrays: dict[str, tuple[str, list[int]]]
    """Type and shape of each array."""


class Manifest(msgspec.Struct, frozen=True):
    """Everything that a reader needs to trust, or not to trust, the vectors."""

    format: int
    name: str
    notice: str
    model: str
    seed: int
    settings: dict[str, Any]
    data: Data
    sources: list[Relation]
    """Where each relation's edges come from and under which licence; ``keep`` false: left out, and why."""
    targets: list[TargetInfo]
    evaluation: Evaluation | None
    """On the test edges of all relations."""
    beats_baselines: bool
    """Whether the model beats both baselines on every target."""
    lookups: list[Lookup]
    versions: dict[str, str]
    vectors: VectorsFile
    nodes: list[Node]

    @property
    def id(self) -> str:
        """The model's identity: its name and the first digits of its vectors' digest."""
        return f"{self.name}-{self.vectors.sha256[:12]}"
