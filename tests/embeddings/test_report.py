"""Measuring a saved model again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kgtwin.embeddings import evaluate_model
from kgtwin.errors import EmbeddingError

from .conftest import write_artefact


def test_the_report_agrees_with_the_manifest(artefact: Path) -> None:
    report = evaluate_model(artefact)
    assert report.agrees
    assert report.targets[0].name == "treats"
    text = report.text()
    assert "degree popularity" in text
    assert "common neighbours" in text
    assert "agree with the manifest" in text
    assert "t: by hand, CC0-1.0" in text
    assert msgspec.json.decode(msgspec.json.encode(report.to_dict())) == report.to_dict()


def test_figures_that_were_polished_do_not_agree(artefact: Path, edit_manifest: Callable[[str, object], Path]) -> None:
    targets = msgspec.json.decode((artefact / "manifest.json").read_bytes())["targets"]
    targets[0]["evaluation"]["model"]["mrr"] += 0.1
    report = evaluate_model(edit_manifest("targets", targets))
    assert not report.agrees
    assert "DO NOT AGREE" in report.text()


def test_a_target_without_held_out_edges_is_not_measured(tmp_path: Path) -> None:
    report = evaluate_model(write_artefact(tmp_path / "m", test=[]))
    assert not report.beats_baselines
    assert "not measured" in report.text()


def test_no_artefact_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"manifest\.json"):
        evaluate_model(tmp_path)
