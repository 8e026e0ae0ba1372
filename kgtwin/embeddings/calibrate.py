"""From a score to a plausibility, under a prior that is stated."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from kgtwin.embeddings.ranking import Floats, Scorer
from kgtwin.embeddings.triples import Ids
from kgtwin.errors import EmbeddingError


class Calibration(msgspec.Struct, frozen=True):
    """``logistic(slope · score + intercept)``, fitted where a share ``base_rate`` of the edges was true."""

    slope: float
    intercept: float
    base_rate: float
    positives: int
    negatives: int

    def plausibility(self, scores: ArrayLike, prior: float) -> Floats:
        """Scores as plausibilities in (0, 1), among candidates of which a share ``prior`` is true.

        The odds are moved from the sample's base rate to the prior by Bayes' rule: ``odds · (prior / (1 - prior))
        / (base_rate / (1 - base_rate))`` (Saerens, Latinne and Decaestecker 2002, doi:10.1162/089976602753284446,
        eq. 2.4, for two classes).

        Raises:
            EmbeddingError: if the prior is not between 0 and 1.

        >>> Calibration(slope=1, intercept=0, base_rate=0.5, positives=9, negatives=9).plausibility([0.0], 0.01)
        array([0.01])
        """
        if not 0 < prior < 1:
            raise EmbeddingError(f"prior {prior} is not a share", expected="a number above 0 and below 1")
        fitted = self.slope * np.asarray(scores, dtype=np.float64) + self.intercept
        return _logistic(fitted + _logit(prior) - _logit(self.base_rate))


class Fit(msgspec.Struct, frozen=True):
    """How a calibration does on test edges it was not fitted on, beside always saying the base rate.

    Both at the sample's own base rate; lower is better.
    """

    log_loss: float
    brier: float
    constant_log_loss: float
    constant_brier: float


def fit_platt(positives: Floats, negatives: Floats, *, steps: int = 100) -> Calibration:
    """Platt scaling (Platt 1999, with his smoothed targets), by Newton's method as Lin, Lin and Weng (2007) do.

    The slope is never negative: a higher score is never less plausible. A model whose scores say nothing gets
    slope 0, and every edge its prior.
    """
    scores = np.concatenate([positives, negatives])
    high, low = (len(positives) + 1) / (len(positives) + 2), 1 / (len(negatives) + 2)
    wanted = np.concatenate([np.full(len(positives), high), np.full(len(negatives), low)])
    middle, spread = float(scores.mean()), float(scores.std()) or 1.0
    slope, intercept = _newton((scores - middle) / spread, wanted, steps)
    base_rate = len(positives) / len(scores)
    if slope <= 0:
        slope, intercept = 0.0, float(_logit(base_rate))
    slope /= spread
    return Calibration(slope, intercept - slope * middle, base_rate, len(positives), len(negatives))


def _newton(scores: Floats, wanted: Floats, steps: int) -> tuple[float, float]:
    """The logistic regression of ``wanted`` on one variable; damped by backtracking, ridge 1e-9."""
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    weights = np.array([0.0, float(_logit(wanted.mean()))])
    loss = _cross_entropy(design @ weights, wanted)
    for _ in range(steps):
        fitted = _logistic(design @ weights)
        gradient = design.T @ (fitted - wanted)
        hessian = (design.T * (fitted * (1 - fitted))) @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-10 and (after := _cross_entropy(design @ (weights - size * step), wanted)) > loss:
            size /= 2
        if size <= 1e-10 or loss - after < 1e-10:
            break
        weights, loss = weights - size * step, after
    return float(weights[0]), float(weights[1])


def check(calibration: Calibration, positives: Floats, negatives: Floats) -> Fit:
    """Log loss and Brier score on other edges."""
    truth = np.concatenate([np.ones(len(positives)), np.zeros(len(negatives))])
    said = calibration.plausibility(np.concatenate([positives, negatives]), calibration.base_rate)
    return Fit(*_losses(said, truth), *_losses(np.full(len(truth), calibration.base_rate), truth))


def sample_negatives(edges: Ids, known: Ids, candidates: tuple[Ids, Ids], *, per_positive: int, seed: int) -> Ids:
    """Pairs of candidates that are no known edge, drawn evenly: ``per_positive`` for each of ``edges``, at most.

    They stand for false edges; a few will be true and unknown, which makes plausibilities slightly too low.
    """
    relation = int(edges[0, 1])
    heads, tails = candidates
    taken = {(head, tail) for head, kind, tail in known.tolist() if kind == relation}
    wanted = len(edges) * per_positive
    random = np.random.default_rng(seed)
    draws = np.stack([random.choice(heads, 4 * wanted), random.choice(tails, 4 * wanted)], axis=1)
    free = [pair for pair in dict.fromkeys(map(tuple, draws.tolist())) if pair not in taken][:wanted]
    return np.array([(head, relation, tail) for head, tail in free], dtype=np.int64).reshape(-1, 3)


def edge_scores(scorer: Scorer, edges: Ids) -> Floats:
    """The score of each edge."""
    return np.array([float(scorer.score(edge, 2, edge[2:])[0]) for edge in edges])


def _logit(share: ArrayLike) -> Floats:
    share = np.asarray(share, dtype=np.float64)
    odds: Floats = np.log(share) - np.log1p(-share)
    return odds


def _logistic(value: Floats) -> Floats:
    """Kept off 0 and 1, which nothing in a sample justifies."""
    return np.clip(1 / (1 + np.exp(-np.clip(value, -500, 500))), 1e-9, 1 - 1e-9)


def _cross_entropy(value: Floats, wanted: Floats) -> float:
    return float((np.logaddexp(0, value) - wanted * value).sum())


def _losses(said: Floats, truth: Floats) -> tuple[float, float]:
    log_loss = -(truth * np.log(said) + (1 - truth) * np.log1p(-said)).mean()
    return float(log_loss), float(((said - truth) ** 2).mean())
