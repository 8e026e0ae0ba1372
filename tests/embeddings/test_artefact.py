"""Saving, loading, and refusing what was cut off or altered."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from kgtwin.embeddings import load
from kgtwin.embeddings.artefact import load_artefact, load_manifest
from kgtwin.errors import EmbeddingError

from .conftest import NODES, TRAIN, write_artefact


def test_what_was_saved_is_loaded(artefact: Path) -> None:
    loaded = load_artefact(artefact)
    assert loaded.manifest.nodes == NODES
    assert loaded.splits.train.tolist() == [list(edge) for edge in TRAIN]
    assert loaded.model.entities.shape == (6, 4)
    assert loaded.manifest == load_manifest(artefact)


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_artefact(tmp_path / name) for name in ("one", "two"))
    for file in ("manifest.json", "vectors.npz"):
        assert (one / file).read_bytes() == (two / file).read_bytes()


@pytest.mark.parametrize("file", ["manifest.json", "vectors.npz"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_cut_off_file_is_refused(artefact: Path, file: str, share: float) -> None:
    path = artefact / file
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(EmbeddingError, match=file):
        load(artefact)


@pytest.mark.parametrize("file", ["manifest.json", "vectors.npz"])
def test_a_missing_file_is_said(artefact: Path, file: str) -> None:
    (artefact / file).unlink()
    with pytest.raises(EmbeddingError, match=f"{file}: the file cannot be read: No such file"):
        load(artefact)


def test_one_altered_byte_is_found(artefact: Path) -> None:
    path = artefact / "vectors.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(EmbeddingError, match="their SHA-256 differs"):
        load(artefact)


def test_vectors_of_another_model_are_refused(artefact: Path, tmp_path: Path) -> None:
    other = write_artefact(tmp_path / "other", test=[(2, 0, 3)])
    shutil.copy(other / "vectors.npz", artefact / "vectors.npz")
    with pytest.raises(EmbeddingError, match="their SHA-256 differs"):
        load(artefact)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("format", 2, "has format 2; expected format 1"),
        ("format", "one", "manifest cannot be read: Expected `int`"),
        ("nodes", [], "not one vector a node"),
        ("targets", "none", "manifest cannot be read"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    edit_manifest: Callable[[str, object], Path], field: str, value: object, said: str
) -> None:
    with pytest.raises(EmbeddingError, match=said):
        load(edit_manifest(field, value))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no archive", "the vectors cannot be read"),
        (b"", "the vectors cannot be read"),
        ("pickle", "the vectors cannot be read: Object arrays cannot be loaded"),
        ("others", "arrays, their types or their shapes differ"),
    ],
)
def test_an_archive_that_the_manifest_vouches_for_is_still_checked(
    artefact: Path, data: bytes | str, said: str
) -> None:
    if isinstance(data, str):
        buffer = io.BytesIO()
        np.savez(buffer, entities=np.array([object()] if data == "pickle" else [1.0]))
        data = buffer.getvalue()
    (artefact / "vectors.npz").write_bytes(data)
    manifest = msgspec.json.decode((artefact / "manifest.json").read_bytes())
    manifest["vectors"]["sha256"] = hashlib.sha256(data).hexdigest()
    (artefact / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(EmbeddingError, match=said):
        load(artefact)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddingError, match="the artefact cannot be written"):
        write_artefact(tmp_path / "file" / "model")
