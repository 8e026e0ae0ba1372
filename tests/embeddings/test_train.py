"""A whole training run on a graph made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.embeddings import evaluate_model, load, read_config, train_from_config
from kgtwin.embeddings.train import read_graph
from kgtwin.errors import EmbeddingError

CODES = ["6809", "4815", "1191", "8640", "7052", "5640", "161", "2670"]  # RxNorm ingredients
CONFIG = """
name = "made"
model = "{model}"
dim = 16
epochs = {epochs}
negatives = 8
learning_rate = 0.02
split = {{ valid = 0.15, test = 0.15 }}
triples = {{ path = "graph.tsv", header = true, head = "from", relation = "by", tail = "to" }}
nodes = {{ path = "nodes.tsv", kind = "kind" }}
targets = [{{ relation = "t", label = "treats" }}]

[[relations]]
name = "t"
source = "made here"
licence = "CC0-1.0"
url = "https://example.org"
status = "verified"

[[relations]]
name = "in"
source = "made here"
licence = "CC0-1.0"
url = "https://example.org"

[[concepts]]
kind = "Drug"
path = "drugs.tsv"
match = "name"
code = "code"
prefix = "rxnorm"
how = "by name"
"""


def write(folder: Path, *, model: str = "DistMult", epochs: int = 60) -> Path:
    """Forty drugs in four classes; a drug treats the conditions of its class, six of them."""
    rows: list[tuple[str, ...]] = []
    nodes: list[tuple[str, ...]] = []
    for drug in range(40):
        group = drug % 4
        nodes.append((f"D{drug}", f"drug {drug}", "Drug"))
        rows.append((f"D{drug}", "in", f"G{group}"))
        rows += [(f"D{drug}", "t", f"C{group * 6 + condition}") for condition in range(6)]
    nodes += [(f"C{condition}", f"condition {condition}", "Condition") for condition in range(24)]
    nodes += [(f"G{group}", f"class {group}", "Class") for group in range(4)]
    tables: dict[str, list[tuple[str, ...]]] = {
        "graph.tsv": [("from", "by", "to"), *rows],
        "nodes.tsv": [("id", "name", "kind"), *nodes],
        "drugs.tsv": [("code", "name"), *((code, f"Drug {place}") for place, code in enumerate(CODES))],
    }
    for name, table in tables.items():
        (folder / name).write_text("".join("\t".join(row) + "\n" for row in table))
    path = folder / "config.toml"
    path.write_text(CONFIG.format(model=model, epochs=epochs))
    return path


def test_entities_that_targets_need_come_first_and_join(tmp_path: Path) -> None:
    graph = read_graph(read_config(write(tmp_path)))
    assert graph.needed == 64
    assert {node.kind for node in graph.nodes[:64]} == {"Drug", "Condition"}
    assert {node.kind for node in graph.nodes[64:]} == {"Class"}
    assert [node.id for node in graph.nodes] == list(graph.triples.entities)
    assert graph.matches["D0"].concept == "rxnorm:6809"
    assert (graph.lookups[0].nodes, graph.lookups[0].joined) == (40, 8)
    named = {(graph.triples.entities[h], graph.triples.relations[r]) for h, r, _ in graph.triples.ids.tolist()}
    assert ("D39", "in") in named


def test_a_target_without_edges_is_said(tmp_path: Path) -> None:
    path = write(tmp_path)
    graph = read_graph(read_config(path))
    path.write_text(path.read_text().replace('{ relation = "t"', '{ relation = "in"'))
    target = read_config(path).targets[0]
    assert graph.triples.relations[graph.relation(target)] == "in"
    with pytest.raises(EmbeddingError, match="target 'none' has no edge"):
        graph.relation(type(target)(relation="none"))


@pytest.mark.embeddings
class TestTraining:
    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        pytest.importorskip("torch", reason="needs torch: scripts/test --all")
        pytest.importorskip("pykeen", reason="needs PyKEEN: scripts/test --all")

    def test_a_pattern_is_learnt_measured_saved_and_served(self, tmp_path: Path) -> None:
        lines: list[str] = []
        manifest = train_from_config(write(tmp_path), tmp_path / "out", lines.append)
        target = manifest.targets[0]
        assert target.evaluation
        assert target.evaluation.model.mrr > target.evaluation.degree_popularity.mrr
        assert evaluate_model(tmp_path / "out").agrees
        assert manifest.sources[0].licence == "CC0-1.0"
        assert set(manifest.versions) == {"numpy", "torch", "pykeen"}
        assert target.prior == pytest.approx(240 / (40 * 24))
        assert any(line.startswith("epoch 60 of 60") for line in lines)
        assert set(load(tmp_path / "out").concepts) == {f"rxnorm:{code}" for code in CODES}

    def test_the_same_seed_gives_the_same_bytes(self, tmp_path: Path) -> None:
        path = write(tmp_path, epochs=3)
        for name in ("one", "two"):
            train_from_config(path, tmp_path / name, lambda _: None)
        for file in ("manifest.json", "vectors.npz"):
            assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()

    @pytest.mark.parametrize("model", ["TransE", "ComplEx", "RotatE"])
    def test_every_model_goes_all_the_way(self, tmp_path: Path, model: str) -> None:
        manifest = train_from_config(write(tmp_path, model=model, epochs=2), tmp_path / "out", lambda _: None)
        assert manifest.model == model
        assert evaluate_model(tmp_path / "out").agrees
