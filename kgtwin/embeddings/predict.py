"""Plausible relations between concepts, each with its prior, its rank and its caveats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np

from kgtwin.embeddings.artefact import Artefact, load_artefact
from kgtwin.embeddings.manifest import NOTICE, Manifest, TargetInfo
from kgtwin.embeddings.ranking import Filter, candidate_sets, realistic_rank
from kgtwin.embeddings.triples import Ids
from kgtwin.errors import EmbeddingError
from kgtwin.model.caveat import Caveat, CaveatCode


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """How plausible a relation between two concepts is: no proof, and nothing about any patient.

    ``plausibility`` lies between 0 and 1 and holds under ``prior``, the share of true pairs that is assumed among
    candidates. ``rank`` is the tail's place among the ``candidates`` tails for this head, other known ones left out;
    1 is the best, halves come from ties.
    """

    head: str
    head_label: str
    relation: str
    tail: str
    tail_label: str
    plausibility: float
    prior: float
    rank: float
    candidates: int
    known: bool
    """Whether the graph has the edge already: then this repeats, and does not predict."""
    model: str
    data_digest: str
    caveats: tuple[Caveat, ...]

    def text(self) -> str:
        """The prediction in words.

        The wording never calls the plausibility anything else.
        """
        lines = [
            f"{self.head_label} ({self.head}) {self.relation} {self.tail_label} ({self.tail}): "
            f"plausibility {self.plausibility:.3g}, assuming that {self.prior:.2g} of candidate pairs are true; "
            f"rank {self.rank:g} of {self.candidates}; model {self.model}",
            *(f"caveat: {caveat.text}" for caveat in self.caveats),
            NOTICE,
        ]
        return "\n".join(lines)


class Predictor:
    """A loaded artefact, asked by concept."""

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        self._model = artefact.model
        nodes = artefact.manifest.nodes
        self._rows = {node.concept: row for row, node in enumerate(nodes) if node.concept}

    @property
    def manifest(self) -> Manifest:
        """What the artefact says about itself."""
        return self._artefact.manifest

    @property
    def model(self) -> str:
        """The artefact's id, which its predictions carry."""
        return self.manifest.id

    @property
    def relations(self) -> tuple[str, ...]:
        """The names of the relations that can be predicted."""
        return tuple(target.name for target in self.manifest.targets)

    @cached_property
    def concepts(self) -> Mapping[str, str]:
        """The concepts that nodes were looked up to be: CURIE to label."""
        nodes = self.manifest.nodes
        return MappingProxyType({curie: nodes[row].label or nodes[row].id for curie, row in self._rows.items()})

    def predict(self, head: str, relation: str, tail: str, *, prior: float | None = None) -> Prediction | None:
        """How plausible ``head relation tail`` is; None where the graph knows no such medicine or condition.

        ``prior`` replaces the artefact's.

        Raises:
            EmbeddingError: if the relation is not one of ``relations``, or the prior no share.

        >>> from kgtwin.embeddings import default_artefact, load
        >>> predictor = load(default_artefact())
        >>> predictor.predict("rxnorm:6809", "treats", "snomed:44054006").known
        True
        >>> predictor.predict("rxnorm:6809", "treats", "snomed:404684003") is None
        True
        """
        target = self._target(relation)
        rows = self._rows.get(head), self._rows.get(tail)
        if rows[0] is None or rows[1] is None:
            return None
        edge = np.array([rows[0], target.index, rows[1]], dtype=np.int64)
        if any(edge[side] not in self._candidates[target.index, side] for side in (0, 2)):
            return None
        return self._predict(edge, target, target.prior if prior is None else prior)

    def best(
        self, heads: Iterable[str], relation: str, tails: Iterable[str], *, prior: float | None = None
    ) -> list[Prediction]:
        """Predictions for every pair that can be asked about, the most plausible first."""
        tails = list(dict.fromkeys(tails))
        asked = (self.predict(head, relation, tail, prior=prior) for head in dict.fromkeys(heads) for tail in tails)
        found = [prediction for prediction in asked if prediction]
        return sorted(found, key=lambda one: (-one.plausibility, one.rank, one.head, one.tail))

    def _target(self, relation: str) -> TargetInfo:
        for target in self.manifest.targets:
            if relation in (target.name, target.relation):
                return target
        raise EmbeddingError(
            f"relation {relation!r} cannot be predicted",
            where=self.manifest.id,
            expected=f"one of {', '.join(self.relations)}",
        )

    def _predict(self, edge: Ids, target: TargetInfo, prior: float) -> Prediction:
        rank, candidates, score = self._rank(edge)
        head, tail = (self.manifest.nodes[int(edge[side])] for side in (0, 2))
        caveats = self._caveats(edge, target)
        return Prediction(
            head=head.concept or head.id,
            head_label=head.label or head.id,
            relation=target.name,
            tail=tail.concept or tail.id,
            tail_label=tail.label or tail.id,
            plausibility=float(target.calibration.plausibility(score, prior)),
            prior=prior,
            rank=rank,
            candidates=candidates,
            known=any(caveat.code is CaveatCode.KNOWN_EDGE for caveat in caveats),
            model=self.manifest.id,
            data_digest=self.manifest.data.digest,
            caveats=caveats,
        )

    def _rank(self, edge: Ids) -> tuple[float, int, float]:
        others = np.setdiff1d(self._candidates[int(edge[1]), 2], np.append(self._known.true(edge, 2), edge[2]))
        scores = self._model.score(edge, 2, np.append(others, edge[2]))
        return realistic_rank(scores[:-1], float(scores[-1])), len(scores), float(scores[-1])

    def _caveats(self, edge: Ids, target: TargetInfo) -> tuple[Caveat, ...]:
        caveats = []
        name = tuple(edge.tolist())
        if name in self._edges[0]:
            text = "known edge in training data: the model was fitted to it, its plausibility is overstated"
            caveats.append(Caveat(CaveatCode.KNOWN_EDGE, text))
        elif name in self._edges[1]:
            text = "known edge of the graph, held out of training to measure or calibrate the model"
            caveats.append(Caveat(CaveatCode.KNOWN_EDGE, text))
        if target.evaluation is None:
            text = "the model was not measured on this relation: the graph has too few edges of it"
            caveats.append(Caveat(CaveatCode.INFERIOR_MODEL, text))
        elif not target.evaluation.beats_baselines:
            text = f"model does not beat baseline. {target.evaluation.verdict}"
            caveats.append(Caveat(CaveatCode.INFERIOR_MODEL, text))
        return tuple(caveats)

    @cached_property
    def _edges(self) -> tuple[set[tuple[int, ...]], set[tuple[int, ...]]]:
        splits = self._artefact.splits
        held_out = np.concatenate([splits.valid, splits.test])
        return set(map(tuple, splits.train.tolist())), set(map(tuple, held_out.tolist()))

    @cached_property
    def _known(self) -> Filter:
        return Filter(self._target_edges)

    @cached_property
    def _candidates(self) -> dict[tuple[int, int], Ids]:
        return candidate_sets([node.kind for node in self.manifest.nodes], self._target_edges)

    @cached_property
    def _target_edges(self) -> Ids:
        known = self._artefact.splits.known
        return known[np.isin(known[:, 1], [target.index for target in self.manifest.targets])]


def load(path: Path) -> Predictor:
    """A predictor over the artefact in a folder.

    Raises:
        EmbeddingError: if the artefact is missing, cut off or altered.
    """
    return Predictor(load_artefact(Path(path)))
