"""The one door to PyTorch and PyKEEN, which the base install does not have."""

from __future__ import annotations

import importlib
from typing import Any

from kgtwin.errors import MissingExtraError

REMEDY = 'run: pip install "kgtwin[embeddings]" (for a CPU-only PyTorch, install torch first)'


def require(module: str) -> Any:
    """A module of the ``embeddings`` extra, imported when it is needed.

    Raises:
        MissingExtraError: if its package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"training needs {error.name}, which is not installed; scoring does not",
            where=module,
            remedy=REMEDY,
        ) from error
