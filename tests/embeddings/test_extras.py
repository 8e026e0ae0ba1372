"""Without torch and PyKEEN, training says how to get them, and scoring works."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

from kgtwin.embeddings.extras import require
from kgtwin.errors import MissingExtraError


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name="torch")

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"needs torch, .*pip install \"kgtwin\[embeddings\]\""):
        require("torch")


def test_what_is_installed_is_imported() -> None:
    assert require("json").loads("1") == 1


def test_serving_imports_neither_torch_nor_pykeen() -> None:
    code = (
        "import sys; from kgtwin.embeddings import default_artefact, load; "
        "load(default_artefact()).predict('rxnorm:6809', 'treats', 'snomed:44054006'); "
        "print([name for name in ('torch', 'pykeen', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
