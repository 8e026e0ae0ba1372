"""Measuring a model beside the baselines, and saying plainly which is better."""

from __future__ import annotations

import msgspec

from kgtwin.embeddings.baselines import CommonNeighbours, DegreePopularity
from kgtwin.embeddings.ranking import (
    Filter,
    Floats,
    Metrics,
    Scorer,
    bootstrap_difference,
    candidate_sets,
    ranks,
    summarise,
)
from kgtwin.embeddings.split import Splits
from kgtwin.embeddings.triples import Ids


class Interval(msgspec.Struct, frozen=True):
    """A 95 % interval of model minus baseline, in mean reciprocal rank."""

    low: float
    high: float


class Evaluation(msgspec.Struct, frozen=True):
    """Filtered ranking metrics of the model and of the baselines: same edges, same candidates."""

    model: Metrics
    degree_popularity: Metrics
    common_neighbours: Metrics
    over_degree_popularity: Interval
    over_common_neighbours: Interval
    beats_baselines: bool
    """Whether the whole interval is above zero for both baselines."""
    verdict: str


class Evaluator:
    """The graph that a model is measured on; entities of ``kinds`` compete with their like."""

    def __init__(self, splits: Splits, kinds: list[str]) -> None:
        self._splits = splits
        self._known = Filter(splits.known)
        self.candidates = candidate_sets(kinds, splits.known)
        size = len(kinds)
        self._degree = DegreePopularity(splits.train, size)
        self._common = CommonNeighbours(splits.train, size)

    def evaluate(self, model: Scorer, relation: int | None = None) -> Evaluation | None:
        """Rank the test edges, of one relation or of all; None where there is none."""
        edges = self._splits.test
        if relation is not None:
            edges = edges[edges[:, 1] == relation]
        if not len(edges):
            return None
        ours, sizes = self._ranks(model, edges)
        degree, common = (self._ranks(baseline, edges)[0] for baseline in (self._degree, self._common))
        over_degree, over_common = (Interval(*bootstrap_difference(ours, other)) for other in (degree, common))
        metrics, of_degree, of_common = (summarise(values, sizes) for values in (ours, degree, common))
        beats = min(over_degree.low, over_common.low) > 0
        return Evaluation(
            model=metrics,
            degree_popularity=of_degree,
            common_neighbours=of_common,
            over_degree_popularity=over_degree,
            over_common_neighbours=over_common,
            beats_baselines=beats,
            verdict=verdict(metrics, of_degree, of_common, beats=beats),
        )

    def _ranks(self, scorer: Scorer, edges: Ids) -> tuple[Floats, Floats]:
        return ranks(scorer, edges, self.candidates, self._known)


def verdict(model: Metrics, degree: Metrics, common: Metrics, *, beats: bool) -> str:
    """One sentence on how the model does beside the baselines."""
    best = max(degree.mrr, common.mrr)
    figures = (
        f"MRR {model.mrr:.3f}, degree popularity {degree.mrr:.3f}, common neighbours {common.mrr:.3f}, "
        f"{model.edges} held-out edges"
    )
    if beats:
        return f"The model beats both baselines ({figures})."
    if model.mrr > best:
        return f"The model is ahead of both baselines, but the difference may be chance ({figures})."
    return f"The model does not beat the baselines ({figures}): prefer the simpler one."
