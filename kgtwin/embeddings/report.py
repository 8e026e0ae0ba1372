"""Measuring a saved model again, from nothing but its artefact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kgtwin.embeddings.artefact import load_artefact
from kgtwin.embeddings.evaluate import Evaluation, Evaluator
from kgtwin.embeddings.manifest import NOTICE, Manifest, TargetInfo
from kgtwin.embeddings.ranking import Metrics


class TargetReport(msgspec.Struct, frozen=True):
    """One relation, measured."""

    name: str
    prior: float
    evaluation: Evaluation | None


class Report(msgspec.Struct, frozen=True):
    """How good a saved model is."""

    model: str
    targets: list[TargetReport]
    beats_baselines: bool
    agrees: bool
    """Whether what was measured now is what the manifest says, to six decimals."""
    licences: list[str]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def evaluate_model(path: Path) -> Report:
    """Rank the held-out edges of each target again, beside the baselines; ``path`` is an artefact's folder or file.

    Raises:
        EmbeddingError: if the artefact is missing, cut off or altered.
    """
    artefact = load_artefact(path)
    manifest, model = artefact.manifest, artefact.model
    splits = artefact.splits
    evaluator = Evaluator(splits, _kinds(manifest))
    targets = [TargetReport(one.name, one.prior, evaluator.evaluate(model, one.index)) for one in manifest.targets]
    return Report(
        model=manifest.id,
        targets=targets,
        beats_baselines=all(one.evaluation and one.evaluation.beats_baselines for one in targets),
        agrees=all(
            _rounded(now.evaluation) == _rounded(then.evaluation)
            for now, then in zip(targets, manifest.targets, strict=True)
        ),
        licences=[f"{one.name}: {one.source}, {one.licence}" for one in manifest.sources if one.keep],
    )


def report_text(report: Report) -> str:
    """A report as a table for a terminal."""
    agrees = "agree" if report.agrees else "DO NOT AGREE"
    return "\n".join(
        [f"model {report.model}", *_tables(report.targets), f"\nThese figures {agrees} with the manifest."]
        + [f"data: {licence}" for licence in report.licences or ["no source stated"]]
        + [NOTICE]
    )


def manifest_text(manifest: Manifest) -> str:
    """What a manifest says, for a terminal: data, concepts, and the figures of each target."""
    data = manifest.data
    concepts = sum(node.concept is not None for node in manifest.nodes)
    return "\n".join(
        [
            f"model {manifest.id}: {manifest.model}, seed {manifest.seed}",
            f"{data.edges} edges ({data.train} trained on, {data.valid} to calibrate, {data.test} to measure), "
            f"{data.entities} entities, {concepts} joined to concepts",
            *_tables(manifest.targets),
            NOTICE,
        ]
    )


def _tables(targets: Sequence[TargetReport | TargetInfo]) -> Iterator[str]:
    for target in targets:
        yield f"\nrelation {target.name} (prior {target.prior:.3g})"
        yield from _table(target.evaluation)


def _kinds(manifest: Manifest) -> list[str]:
    """Kinds of all entities; those without vectors are of no kind that a target asks for."""
    rest = manifest.data.entities - len(manifest.nodes)
    return [node.kind for node in manifest.nodes] + ["\0"] * rest


def _rounded(evaluation: Evaluation | None) -> Any:
    return _round(msgspec.to_builtins(evaluation))


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _round(one) for key, one in value.items()}
    return round(value, 6) if isinstance(value, float) else value


def _table(evaluation: Evaluation | None) -> list[str]:
    if evaluation is None:
        return ["  no held-out edge: not measured"]
    rows = {
        "model": evaluation.model,
        "degree popularity": evaluation.degree_popularity,
        "common neighbours": evaluation.common_neighbours,
    }
    head = f"  {'':18} {'MRR':>7} {'hits@1':>7} {'hits@3':>7} {'hits@10':>8} {'mean rank':>10}"
    return [head, *(_row(name, metrics) for name, metrics in rows.items()), f"  {evaluation.verdict}"]


def _row(name: str, metrics: Metrics) -> str:
    return (
        f"  {name:18} {metrics.mrr:7.3f} {metrics.hits_at_1:7.3f} {metrics.hits_at_3:7.3f} "
        f"{metrics.hits_at_10:8.3f} {metrics.mean_rank:10.1f}"
    )
