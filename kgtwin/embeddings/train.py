"""From a configuration to a measured, calibrated, saved model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from kgtwin.embeddings.artefact import pack, save
from kgtwin.embeddings.calibrate import check, edge_scores, fit_platt, sample_negatives
from kgtwin.embeddings.concepts import Lookup, Match, Named, join, read_nodes
from kgtwin.embeddings.config import Target, TrainConfig, read_config
from kgtwin.embeddings.evaluate import Evaluator
from kgtwin.embeddings.fit import Fitted, Progress, fit, versions
from kgtwin.embeddings.manifest import FORMAT, NOTICE, Data, Manifest, Node, TargetInfo
from kgtwin.embeddings.ranking import Floats
from kgtwin.embeddings.score import EmbeddingModel
from kgtwin.embeddings.split import Splits, split
from kgtwin.embeddings.triples import Ids, Triples, read_triples
from kgtwin.errors import EmbeddingError

NEGATIVES_PER_POSITIVE = 20
"""False edges drawn for each held-out true one when a calibration is fitted or checked."""


def train_from_config(path: Path, out: Path, progress: Progress = print) -> Manifest:
    """Train what a TOML file describes, measure it, and save it in the folder ``out``.

    The vectors saved are those measured: nothing is fitted again on the held-out edges.

    Raises:
        EmbeddingError: if the configuration or a file it names is wrong, or a target has too few edges.
        MissingExtraError: if torch or PyKEEN is not installed.
    """
    config = read_config(path)
    graph = read_graph(config)
    progress(f"{len(graph.triples.ids)} edges, {len(graph.triples.entities)} entities, {len(graph.matches)} concepts")
    size = len(graph.triples.entities), len(graph.triples.relations)
    fitted = fit(config, graph.splits.train, size, progress)
    progress("measuring beside the baselines")
    manifest, vectors = describe(config, graph, fitted)
    save(out, manifest, vectors)
    for target in manifest.targets:
        progress(f"{target.name}: {target.evaluation.verdict if target.evaluation else 'not measured'}")
    progress(f"saved {manifest.id} in {out}")
    return manifest


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph that is read, split and joined to concepts; entities that targets need come first."""

    triples: Triples
    splits: Splits
    nodes: list[Named]
    matches: dict[str, Match]
    lookups: list[Lookup]
    needed: int

    @property
    def kinds(self) -> list[str]:
        """The kind of each entity."""
        return [node.kind for node in self.nodes]

    def relation(self, target: Target) -> int:
        """The number of a target's relation.

        Raises:
            EmbeddingError: if no edge has it.
        """
        if target.relation not in self.triples.relations:
            raise EmbeddingError(
                f"target {target.relation!r} has no edge",
                expected=f"one of {', '.join(self.triples.relations)}",
                remedy="correct the target's relation",
            )
        return self.triples.relations.index(target.relation)


def read_graph(config: TrainConfig) -> Graph:
    """Read, split and join what a configuration names.

    Raises:
        EmbeddingError: if a file is wrong.
    """
    edges = config.triples
    triples = read_triples(
        edges.path,
        columns=(edges.head, edges.relation, edges.tail),
        header=edges.header,
        delimiter=edges.delimiter,
        comment=edges.comment,
        keep=config.kept,
        drop=config.dropped,
    )
    triples, nodes, needed = _needed_first(triples, read_nodes(config.nodes, triples), config.targets)
    splits = split(triples.ids, valid=config.split.valid, test=config.split.test, seed=config.seed)
    matches, lookups = join(nodes[:needed], config.concepts)
    return Graph(triples, splits, nodes, matches, lookups, needed)


def _needed_first(triples: Triples, nodes: list[Named], targets: list[Target]) -> tuple[Triples, list[Named], int]:
    """Number entities anew, those of the kinds at the targets' ends first; and how many they are."""
    wanted = [triples.relations.index(target.relation) for target in targets if target.relation in triples.relations]
    ends = np.unique(triples.ids[np.isin(triples.ids[:, 1], wanted)][:, [0, 2]])
    kinds = {nodes[int(end)].kind for end in ends}
    order = sorted(range(len(nodes)), key=lambda row: (nodes[row].kind not in kinds, row))
    place = np.empty(len(nodes), dtype=np.int64)
    place[order] = np.arange(len(nodes))
    ids = triples.ids.copy()
    ids[:, [0, 2]] = place[ids[:, [0, 2]]]
    entities = tuple(triples.entities[row] for row in order)
    nodes = [nodes[row] for row in order]
    return Triples(ids, entities, triples.relations), nodes, sum(node.kind in kinds for node in nodes)


def describe(config: TrainConfig, graph: Graph, fitted: Fitted) -> tuple[Manifest, bytes]:
    """The manifest of a fitted model and the bytes of its vectors, measured at the precision stored."""
    rounded = [rows.astype(config.precision) for rows in (fitted.entities, fitted.relations)]
    model = EmbeddingModel(config.model, *(rows.astype(np.float64) for rows in rounded))
    evaluator = Evaluator(graph.splits, graph.kinds)
    targets = [_target(config, graph, evaluator, model, target) for target in config.targets]
    vectors, stored = pack(_arrays(graph, [target.index for target in targets], rounded))
    manifest = Manifest(
        format=FORMAT,
        name=config.name,
        notice=NOTICE,
        model=config.model,
        seed=config.seed,
        settings=_settings(config),
        data=_data(graph),
        sources=config.relations,
        targets=targets,
        evaluation=evaluator.evaluate(model),
        beats_baselines=all(target.evaluation and target.evaluation.beats_baselines for target in targets),
        lookups=graph.lookups,
        versions=versions(),
        vectors=stored,
        nodes=[_node(node, graph.matches.get(node.id)) for node in graph.nodes[: graph.needed]],
    )
    return manifest, vectors


def _target(
    config: TrainConfig, graph: Graph, evaluator: Evaluator, model: EmbeddingModel, target: Target
) -> TargetInfo:
    index = graph.relation(target)
    candidates = evaluator.candidates[index, 0], evaluator.candidates[index, 2]
    valid, test = (
        _scored(graph, model, part[part[:, 1] == index], candidates, config.seed)
        for part in (graph.splits.valid, graph.splits.test)
    )
    if not len(valid[0]):
        raise EmbeddingError(
            f"target {target.relation!r} has no edge to calibrate on",
            where=str(config.triples.path),
            expected="enough edges for split.valid to hold one out",
            remedy="raise split.valid, or predict another relation",
        )
    calibration = fit_platt(*valid)
    prior, source = _prior(target, graph, index, candidates)
    return TargetInfo(
        name=target.name,
        relation=target.relation,
        index=index,
        prior=prior,
        prior_source=source,
        calibration=calibration,
        calibration_on_test=check(calibration, *test) if len(test[0]) else None,
        evaluation=evaluator.evaluate(model, index),
    )


def _scored(
    graph: Graph, model: EmbeddingModel, edges: Ids, candidates: tuple[Ids, Ids], seed: int
) -> tuple[Floats, Floats]:
    """Scores of held-out edges, and of sampled false ones."""
    if not len(edges):
        return np.empty(0), np.empty(0)
    false = sample_negatives(edges, graph.splits.known, candidates, per_positive=NEGATIVES_PER_POSITIVE, seed=seed)
    return edge_scores(model, edges), edge_scores(model, false)


def _prior(target: Target, graph: Graph, index: int, candidates: tuple[Ids, Ids]) -> tuple[float, str]:
    if target.prior is not None:
        return target.prior, "set in the configuration"
    known = int((graph.splits.known[:, 1] == index).sum())
    pairs = len(candidates[0]) * len(candidates[1])
    return known / pairs, f"the graph's own density: {known} known edges among {pairs} candidate pairs"


def _arrays(graph: Graph, targets: list[int], vectors: list[Any]) -> dict[str, Any]:
    def kept(edges: Ids) -> Ids:
        return edges[np.isin(edges[:, 1], targets)]

    splits = graph.splits
    edges = {"train": splits.train, "valid": kept(splits.valid), "test": kept(splits.test)}
    return {
        "entities": vectors[0][: graph.needed],
        "relations": vectors[1],
        **{name: part.astype(np.int32) for name, part in edges.items()},
    }


def _data(graph: Graph) -> Data:
    ids, splits = graph.triples.ids, graph.splits
    counts = np.bincount(ids[:, 1], minlength=len(graph.triples.relations)).tolist()
    return Data(
        digest=graph.triples.digest,
        edges=len(ids),
        entities=len(graph.triples.entities),
        by_relation=dict(zip(graph.triples.relations, counts, strict=True)),
        train=len(splits.train),
        valid=len(splits.valid),
        test=len(splits.test),
        pairs_with_several_edges=splits.shared_pairs,
    )


def _node(node: Named, match: Match | None) -> Node:
    if match is None:
        return Node(node.id, node.kind)
    return Node(node.id, node.kind, match.concept, match.label, match.how)


def _settings(config: TrainConfig) -> dict[str, Any]:
    """What shaped the vectors, without paths of the machine."""
    names = ("dim", "epochs", "negatives", "sampler", "loss", "batch_size", "learning_rate", "precision", "split")
    return {name: msgspec.to_builtins(getattr(config, name)) for name in names}
