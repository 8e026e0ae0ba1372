"""A small graph whose pattern can be learnt, and a model made for it by hand: no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from kgtwin.embeddings import Predictor
from kgtwin.embeddings.artefact import load_artefact, pack, save
from kgtwin.embeddings.calibrate import Calibration
from kgtwin.embeddings.config import Relation
from kgtwin.embeddings.evaluate import Evaluator
from kgtwin.embeddings.manifest import FORMAT, NOTICE, Data, Manifest, Node, TargetInfo
from kgtwin.embeddings.score import EmbeddingModel
from kgtwin.embeddings.split import Splits
from kgtwin.embeddings.triples import Ids

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

NODES = [
    Node("d0", "Drug", "rxnorm:6809", "Metformin", "by name"),
    Node("d1", "Drug", "rxnorm:4815", "Glyburide", "by name"),
    Node("d2", "Drug"),
    Node("c0", "Condition", "snomed:44054006", "type 2 diabetes mellitus", "by name"),
    Node("c1", "Condition", "snomed:69896004", "rheumatoid arthritis", "by name"),
    Node("c2", "Condition"),
]
TRAIN = [(0, 0, 3), (1, 0, 3), (2, 0, 4), (2, 0, 5)]
VALID = [(1, 0, 4)]
TEST = [(0, 0, 5)]


def edges(rows: list[tuple[int, int, int]]) -> Ids:
    """Edges as an array."""
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def write_artefact(
    folder: Path, *, format: int = FORMAT, test: list[tuple[int, int, int]] | None = None, slope: float = 1.0
) -> Path:
    """A DistMult model over three drugs and three conditions, saved."""
    random = np.random.default_rng(0)
    vectors = [random.normal(size=(6, 4)), np.ones((1, 4))]
    splits = Splits(edges(TRAIN), edges(VALID), edges(TEST if test is None else test), 0)
    data, stored = pack(
        {
            "entities": vectors[0],
            "relations": vectors[1],
            "train": splits.train.astype(np.int32),
            "valid": splits.valid.astype(np.int32),
            "test": splits.test.astype(np.int32),
        }
    )
    model = EmbeddingModel("DistMult", *vectors)
    evaluation = Evaluator(splits, [node.kind for node in NODES]).evaluate(model, 0)
    calibration = Calibration(slope=slope, intercept=0.0, base_rate=0.5, positives=9, negatives=9)
    manifest = Manifest(
        format=format,
        name="by-hand",
        notice=NOTICE,
        model="DistMult",
        seed=0,
        settings={},
        data=Data("0" * 64, 6, 6, {"t": 6}, 4, 1, 1, 0),
        sources=[Relation(name="t", source="by hand", licence="CC0-1.0", url="https://example.org", status="verified")],
        targets=[TargetInfo("treats", "t", 0, 0.1, "set", calibration, None, evaluation)],
        evaluation=evaluation,
        beats_baselines=bool(evaluation and evaluation.beats_baselines),
        lookups=[],
        versions={},
        vectors=stored,
        nodes=NODES,
    )
    return save(folder, manifest, data)


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """The folder of a saved model."""
    return write_artefact(tmp_path / "model")


@pytest.fixture
def predictor(artefact: Path) -> Predictor:
    """A predictor over the model made by hand."""
    return Predictor(load_artefact(artefact))


@pytest.fixture
def edit_manifest(artefact: Path) -> Callable[[str, object], Path]:
    """Replaces one field of a saved manifest."""

    def edit(field: str, value: object) -> Path:
        path = artefact / "manifest.json"
        manifest = msgspec.json.decode(path.read_bytes())
        manifest[field] = value
        path.write_bytes(msgspec.json.encode(manifest))
        return artefact

    return edit
