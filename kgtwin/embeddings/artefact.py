"""Saving a model and loading it again, checked to the byte."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from kgtwin.embeddings.manifest import FORMAT, Manifest, VectorsFile
from kgtwin.embeddings.score import EmbeddingModel
from kgtwin.embeddings.split import Splits
from kgtwin.errors import EmbeddingError

MANIFEST: Final = "manifest.json"
VECTORS: Final = "vectors.npz"
ARRAYS: Final = ("entities", "relations", "train", "valid", "test")
_AGAIN: Final = "restore the artefact's folder, or train it again"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Artefact:
    """A manifest and its arrays.

    ``entities`` and ``relations`` hold the vectors, a row each, the entities in the manifest's order of nodes.
    ``train`` has every edge trained on, as ``(head, relation, tail)``; ids beyond the nodes are entities whose
    vectors no target needs. ``valid`` and ``test`` have the held-out edges of the targets.
    """

    manifest: Manifest
    arrays: Arrays

    @property
    def model(self) -> EmbeddingModel:
        """The vectors as double-precision numbers.

        Stored in half precision, they then add up exactly, so that ranks do not hang on a machine's order of adding.
        """
        return EmbeddingModel(
            self.manifest.model,
            self.arrays["entities"].astype(np.float64),
            self.arrays["relations"].astype(np.float64),
        )

    @property
    def splits(self) -> Splits:
        """The edges."""
        train, valid, test = (self.arrays[name].astype(np.int64) for name in ("train", "valid", "test"))
        return Splits(train, valid, test, self.manifest.data.pairs_with_several_edges)


def pack(arrays: Arrays) -> tuple[bytes, VectorsFile]:
    """Arrays as the bytes of an ``.npz``, the same bytes for the same arrays, and what to say about them."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: arrays[name] for name in ARRAYS})  # type: ignore[arg-type]
    data = buffer.getvalue()
    shapes = {name: (str(arrays[name].dtype), list(arrays[name].shape)) for name in ARRAYS}
    return data, VectorsFile(VECTORS, hashlib.sha256(data).hexdigest(), shapes)


def save(folder: Path, manifest: Manifest, vectors: bytes) -> Path:
    """Write an artefact; the manifest comes last, so that a folder with a manifest is whole.

    Raises:
        EmbeddingError: if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        (folder / manifest.vectors.file).write_bytes(vectors)
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        (folder / MANIFEST).write_bytes(text + b"\n")
    except OSError as error:
        raise EmbeddingError(
            f"the artefact cannot be written: {error.strerror}", where=str(folder), remedy="choose another folder"
        ) from error
    return folder


def load_artefact(path: Path) -> Artefact:
    """Read the artefact in a folder, or the one that a file belongs to, and check it against its manifest.

    Raises:
        EmbeddingError: if a file is missing, cut off, altered, of another format, or does not fit the manifest.
    """
    folder = path.parent if path.is_file() else path
    manifest = load_manifest(folder)
    path = folder / manifest.vectors.file
    data = _bytes(path)
    if hashlib.sha256(data).hexdigest() != manifest.vectors.sha256:
        raise EmbeddingError(
            "the vectors are not those of the manifest: their SHA-256 differs", where=str(path), remedy=_AGAIN
        )
    arrays = _unpack(path, data)
    _check(path, manifest, arrays)
    return Artefact(manifest, arrays)


def load_manifest(folder: Path) -> Manifest:
    """Read a manifest alone.

    Raises:
        EmbeddingError: if it is missing, not JSON, of another format, or lacks a field.
    """
    path = folder / MANIFEST
    data = _bytes(path)
    try:
        version = msgspec.json.decode(data, type=_Versioned).format
        if version != FORMAT:
            raise EmbeddingError(
                f"the artefact has format {version}",
                where=str(path),
                expected=f"format {FORMAT}",
                remedy="train it again with this version of kgtwin",
            )
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise EmbeddingError(f"the manifest cannot be read: {error}", where=str(path), remedy=_AGAIN) from error


class _Versioned(msgspec.Struct):
    format: int


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EmbeddingError(
            f"the file cannot be read: {error.strerror}",
            where=str(path),
            expected=f"a folder with {MANIFEST} and the vectors it names",
            remedy=_AGAIN,
        ) from error


def _unpack(path: Path, data: bytes) -> dict[str, NDArray[Any]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise EmbeddingError(f"the vectors cannot be read: {error}", where=str(path), remedy=_AGAIN) from error


def _check(path: Path, manifest: Manifest, arrays: Arrays) -> None:
    found = {name: (str(array.dtype), list(array.shape)) for name, array in arrays.items()}
    faults = [
        (found != manifest.vectors.arrays or set(found) != set(ARRAYS), "arrays, their types or their shapes differ"),
        (len(arrays.get("entities", ())) != len(manifest.nodes), "there is not one vector a node"),
        (
            any(target.index >= len(arrays.get("relations", ())) for target in manifest.targets),
            "a target has no relation vector",
        ),
    ]
    for wrong, message in faults:
        if wrong:
            raise EmbeddingError(f"the vectors do not fit the manifest: {message}", where=str(path), remedy=_AGAIN)
