"""Predictions by concept, each with its prior, rank and caveats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kgtwin.embeddings import Predictor, load
from kgtwin.errors import EmbeddingError
from kgtwin.model.caveat import CaveatCode

from .conftest import write_artefact

METFORMIN, GLYBURIDE = "rxnorm:6809", "rxnorm:4815"
DIABETES, ARTHRITIS = "snomed:44054006", "snomed:69896004"


def test_concepts_are_those_that_were_looked_up(predictor: Predictor) -> None:
    assert dict(predictor.concepts) == {
        METFORMIN: "Metformin",
        GLYBURIDE: "Glyburide",
        DIABETES: "type 2 diabetes mellitus",
        ARTHRITIS: "rheumatoid arthritis",
    }
    assert predictor.relations == ("treats",)


@pytest.mark.parametrize(
    ("head", "tail", "said"),
    [
        (METFORMIN, DIABETES, "known edge in training data"),
        (GLYBURIDE, ARTHRITIS, "held out of training"),
        (METFORMIN, ARTHRITIS, None),
    ],
)
def test_a_known_edge_says_so(predictor: Predictor, head: str, tail: str, said: str | None) -> None:
    found = predictor.predict(head, "treats", tail)
    assert found
    assert found.known == (said is not None)
    texts = [caveat.text for caveat in found.caveats if caveat.code is CaveatCode.KNOWN_EDGE]
    assert bool(texts) == found.known
    assert said is None or said in texts[0]


def test_a_model_that_does_not_beat_the_baselines_says_so(predictor: Predictor) -> None:
    found = predictor.predict(METFORMIN, "treats", ARTHRITIS)
    assert found
    assert not predictor.manifest.beats_baselines
    texts = [caveat.text for caveat in found.caveats if caveat.code is CaveatCode.INFERIOR_MODEL]
    assert len(texts) == 1
    assert texts[0].startswith("model does not beat baseline")


def test_a_model_that_was_not_measured_says_so(tmp_path: Path) -> None:
    found = load(write_artefact(tmp_path / "m", test=[])).predict(METFORMIN, "treats", ARTHRITIS)
    assert found
    assert any("not measured" in caveat.text for caveat in found.caveats)


@pytest.mark.parametrize(
    ("head", "tail"),
    [("rxnorm:1191", DIABETES), (METFORMIN, "snomed:38341003"), (DIABETES, METFORMIN), (METFORMIN, METFORMIN)],
)
def test_what_the_graph_does_not_know_is_not_predicted(predictor: Predictor, head: str, tail: str) -> None:
    assert predictor.predict(head, "treats", tail) is None


def test_an_unknown_relation_is_refused(predictor: Predictor) -> None:
    with pytest.raises(EmbeddingError, match="relation 'causes' cannot be predicted; expected one of treats"):
        predictor.predict(METFORMIN, "causes", DIABETES)
    assert predictor.predict(METFORMIN, "t", DIABETES) == predictor.predict(METFORMIN, "treats", DIABETES)


def test_the_prior_is_stated_and_moves_the_plausibility(predictor: Predictor) -> None:
    one, two = (predictor.predict(METFORMIN, "treats", ARTHRITIS, prior=prior) for prior in (None, 0.5))
    assert one
    assert two
    assert (one.prior, two.prior) == (0.1, 0.5)
    assert one.plausibility < two.plausibility
    with pytest.raises(EmbeddingError, match="is not a share"):
        predictor.predict(METFORMIN, "treats", ARTHRITIS, prior=1.5)


def test_the_rank_leaves_other_known_tails_out(predictor: Predictor) -> None:
    found = predictor.predict(METFORMIN, "treats", ARTHRITIS)
    assert found
    # Of three conditions, two are known for this drug: arthritis stands alone.
    assert (found.rank, found.candidates) == (1, 1)


def test_the_best_pairs_come_first_and_once(predictor: Predictor) -> None:
    found = predictor.best([GLYBURIDE, METFORMIN, METFORMIN, "rxnorm:1"], "treats", [DIABETES, ARTHRITIS, "snomed:1"])
    assert len(found) == 4
    values = [one.plausibility for one in found]
    assert values == sorted(values, reverse=True)
    assert predictor.best([], "treats", [DIABETES]) == []


def test_a_plausibility_follows_the_score(predictor: Predictor) -> None:
    pairs = predictor.best([METFORMIN, GLYBURIDE], "treats", [DIABETES, ARTHRITIS])
    assert np.ptp([one.plausibility for one in pairs]) > 0
    assert all(0 < one.plausibility < 1 for one in pairs)


def test_the_words_name_prior_and_rank_and_claim_nothing(predictor: Predictor) -> None:
    found = predictor.predict(METFORMIN, "treats", DIABETES)
    assert found
    text = found.text()
    assert "plausibility" in text
    assert "assuming that 0.1 of candidate pairs are true" in text
    assert "no proof" in text
    assert "caveat: known edge in training data" in text
    for word in ("probability", "risk", "likelihood", "confidence", "recommend"):
        assert word not in text.lower()
