"""Measuring a saved model again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kgtwin.embeddings import evaluate_model, load_manifest, manifest_text, report_text
from kgtwin.errors import EmbeddingError

from .conftest import write_artefact


def test_the_report_agrees_with_the_manifest(artefact: Path) -> None:
    report = evaluate_model(artefact)
    assert report.agrees
    assert report.targets[0].name == "treats"
    text = report_text(report)
    assert "degree popularity" in text
    assert "common neighbours" in text
    assert "agree with the manifest" in text
    assert "t: by hand, CC0-1.0" in text
    assert msgspec.json.decode(msgspec.json.encode(report.to_dict())) == report.to_dict()


def test_a_manifest_in_words_has_its_figures_and_no_claim(artefact: Path) -> None:
    text = manifest_text(load_manifest(artefact))
    assert "6 edges (4 trained on, 1 to calibrate, 1 to measure), 6 entities, 4 joined to concepts" in text
    assert "relation treats (prior 0.1)" in text
    assert "no proof" in text
    assert "probability" not in text


def test_figures_that_were_polished_do_not_agree(artefact: Path, edit_manifest: Callable[[str, object], Path]) -> None:
    targets = msgspec.json.decode((artefact / "manifest.json").read_bytes())["targets"]
    targets[0]["evaluation"]["model"]["mrr"] += 0.1
    report = evaluate_model(edit_manifest("targets", targets))
    assert not report.agrees
    assert "DO NOT AGREE" in report_text(report)


def test_a_target_without_held_out_edges_is_not_measured(tmp_path: Path) -> None:
    report = evaluate_model(write_artefact(tmp_path / "m", test=[]) / "vectors.npz")
    assert not report.beats_baselines
    assert "not measured" in report_text(report)


def test_no_artefact_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"manifest\.json"):
        evaluate_model(tmp_path)
