"""The benchmark runs, and what it generates is a release without a flaw."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "benchmarks" / "importing.py"

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="benchmarks/ is not part of a source distribution")


@pytest.mark.parametrize("form", ["owl", "relationships"])
def test_measuring_prints_what_was_read_and_how_long_it_took(form: str) -> None:
    line = [sys.executable, str(SCRIPT), "measure", "1000", "--form", form]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head, counts, cost = done.stdout.splitlines()
    assert head.startswith(f"1000 concepts, {form}: ")
    assert counts.startswith("998 concepts, ")
    assert re.fullmatch(r"[\d.]+ s, \d+ MiB", cost)
