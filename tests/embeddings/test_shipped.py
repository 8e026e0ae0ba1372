"""The model that ships: whole, honest about its sources, and no larger than it must be."""

from __future__ import annotations

import numpy as np
import pytest

from kgtwin.embeddings import Predictor, default_artefact, evaluate_model, load
from kgtwin.embeddings.triples import read_triples
from kgtwin.identifiers import check_code

from .conftest import SHARED

OPEN = {"CC0-1.0", "CC-BY-4.0", "CC-BY-3.0"}


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return load(default_artefact())


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in default_artefact().iterdir()) < 2_000_000


def test_every_kept_relation_has_an_open_verified_source(shipped: Predictor) -> None:
    manifest = shipped.manifest
    kept = {source.name: source for source in manifest.sources if source.keep}
    assert set(kept) == set(manifest.data.by_relation)
    for source in kept.values():
        assert source.licence in OPEN
        assert source.status == "verified"
        assert source.url.startswith("https://")
    assert all(source.note for source in manifest.sources if not source.keep)


def test_every_target_is_measured_and_calibrated(shipped: Predictor) -> None:
    for target in shipped.manifest.targets:
        assert target.evaluation
        assert target.evaluation.model.edges >= 50
        assert target.calibration.slope > 0
        assert target.calibration_on_test
        assert target.calibration_on_test.log_loss < target.calibration_on_test.constant_log_loss
        assert 0 < target.prior < 0.05
        assert "known edges among" in target.prior_source


def test_its_figures_are_measured_again_alike(shipped: Predictor) -> None:
    report = evaluate_model(default_artefact())
    assert report.agrees
    assert report.beats_baselines == shipped.manifest.beats_baselines


def test_concepts_are_valid_codes_of_rxnorm_and_snomed(shipped: Predictor) -> None:
    prefixes = set()
    for concept in shipped.concepts:
        prefix, code = concept.split(":")
        prefixes.add(prefix)
        assert check_code(prefix, code) is None
    assert prefixes == {"rxnorm", "snomed"}
    assert all(node.how for node in shipped.manifest.nodes if node.concept)
    assert all(node.label is None for node in shipped.manifest.nodes if not node.concept)


def test_known_pairs_are_more_plausible_than_others(shipped: Predictor) -> None:
    concepts = list(shipped.concepts)
    drugs = [concept for concept in concepts if concept.startswith("rxnorm:")]
    diseases = [concept for concept in concepts if concept.startswith("snomed:")]
    found = shipped.best(drugs[::4], "treats", diseases)
    held_out = [one.plausibility for one in found if any("held out" in caveat.text for caveat in one.caveats)]
    unknown = [one.plausibility for one in found if not one.known]
    assert len(held_out) >= 20
    above = np.mean(np.array(held_out)[:, None] > np.array(unknown)[None, :])
    assert above > 0.8


def test_no_words_of_the_manifest_promise_a_probability(shipped: Predictor) -> None:
    text = (default_artefact() / "manifest.json").read_text().lower()
    assert "probability" not in text
    assert "no proof" in shipped.manifest.notice


@pytest.mark.skipif(not SHARED.exists(), reason="the graph it was trained on is not here: ../shared/data")
def test_its_data_are_those_of_the_shared_graph(shipped: Predictor) -> None:
    sources = shipped.manifest.sources
    graph = read_triples(
        SHARED / "kg" / "hetionet-edges-5k.sif.xz",
        header=True,
        keep=[source.name for source in sources if source.keep],
        drop=[source.name for source in sources if not source.keep],
    )
    assert graph.digest == shipped.manifest.data.digest
