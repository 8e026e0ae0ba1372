"""Scores to plausibilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.embeddings.calibrate import Calibration, check, fit_platt, sample_negatives
from kgtwin.errors import EmbeddingError

from .conftest import edges

SCORES = st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=30).map(np.array)


@given(SCORES, SCORES, st.floats(0.001, 0.999))
def test_plausibility_rises_with_the_score_and_stays_inside(
    positives: np.typing.NDArray[np.float64], negatives: np.typing.NDArray[np.float64], prior: float
) -> None:
    calibration = fit_platt(positives, negatives)
    said = calibration.plausibility(np.linspace(-100, 100, 50), prior)
    assert calibration.slope >= 0
    assert (np.diff(said) >= 0).all()
    assert (said > 0).all()
    assert (said < 1).all()


def test_a_known_slope_is_found_again() -> None:
    random = np.random.default_rng(0)
    scores = random.normal(size=20_000)
    truth = random.random(20_000) < 1 / (1 + np.exp(-(2 * scores - 1)))
    calibration = fit_platt(scores[truth], scores[~truth])
    assert calibration.slope == pytest.approx(2, abs=0.1)
    assert calibration.intercept == pytest.approx(-1, abs=0.1)
    fit = check(calibration, scores[truth], scores[~truth])
    assert fit.log_loss < fit.constant_log_loss
    assert fit.brier < fit.constant_brier


def test_perfectly_separated_scores_do_not_run_away() -> None:
    calibration = fit_platt(np.array([5.0, 6.0, 7.0]), np.array([-5.0, -6.0, -7.0]))
    said = calibration.plausibility([-6.0, 6.0], 0.5)
    assert 0 < said[0] < 0.3
    assert 0.7 < said[1] < 1


@pytest.mark.parametrize("scores", [([1.0, 1.0], [1.0, 1.0]), ([-1.0, -2.0], [3.0, 4.0])])
def test_scores_that_say_nothing_leave_the_prior(scores: tuple[list[float], list[float]]) -> None:
    calibration = fit_platt(np.array(scores[0]), np.array(scores[1]))
    assert calibration.plausibility([-9.0, 1.0, 9.0], 0.01) == pytest.approx([0.01] * 3)


@given(st.floats(-5, 5), st.floats(0.01, 0.99))
def test_the_prior_moves_the_odds_by_bayes_rule(score: float, prior: float) -> None:
    calibration = Calibration(slope=1, intercept=0.5, base_rate=0.2, positives=1, negatives=4)
    at_base = float(calibration.plausibility(score, 0.2))
    moved = float(calibration.plausibility(score, prior))
    odds = at_base / (1 - at_base) * (prior / (1 - prior)) / (0.2 / 0.8)
    assert moved == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize("prior", [0.0, 1.0, -1.0, float("nan")])
def test_a_prior_must_be_a_share(prior: float) -> None:
    with pytest.raises(EmbeddingError, match="is not a share"):
        Calibration(1, 0, 0.5, 1, 1).plausibility(0.0, prior)


def test_negatives_are_candidate_pairs_that_nobody_knows_to_be_true() -> None:
    known = edges([(0, 0, 10), (1, 0, 11), (0, 1, 11)])
    candidates = np.array([0, 1]), np.array([10, 11])
    found = sample_negatives(known[:1], known, candidates, per_positive=9, seed=0)
    assert {tuple(row) for row in found.tolist()} == {(0, 0, 11), (1, 0, 10)}
