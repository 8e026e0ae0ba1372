"""Whole processes: ``kgtwin ingest`` and ``kgtwin infer --all`` over real patients into an embedded store.

Usage::

    python benchmarks/ingest.py [PATH] [--at TIME]

``PATH`` is a folder of FHIR R4 files or a ``.tar.xz`` of one (default: the 200 patients of
``../shared/data/synthea-r4-200.tar.xz``). Printed are seconds, the peak memory of each process, and what was left out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PATIENTS = ROOT.parent / "shared" / "data" / "synthea-r4-200.tar.xz"
SECONDS_LIMIT, MEMORY_LIMIT = 30.0, 1024.0
"""Seconds for both commands together, and MiB for each, that must be reached."""


class Run(NamedTuple):
    """One finished command: its seconds, the MiB it peaked at, and its answer's lines."""

    seconds: float
    peak: float
    lines: list[str]


def run(*arguments: str) -> Run:
    """Run a command of kgtwin to its end; a failure ends the benchmark."""
    command = [sys.executable, "-m", "kgtwin", *arguments]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} failed: {err.read().decode()[-2000:]}")
        return Run(seconds, usage.ru_maxrss / 1024, out.read().decode().splitlines())


def unpacked(path: Path, folder: Path) -> Path:
    """The folder of the patients, unpacked into ``folder`` where it is an archive."""
    if not path.exists():
        sys.exit(f"{path} is not here: name a folder of FHIR R4 files")
    if path.suffix != ".xz":
        return path
    with tarfile.open(path) as archive:
        archive.extractall(folder / "patients", filter="data")
    return folder / "patients"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path, default=PATIENTS)
    parser.add_argument("--at", default="2019-06-01")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = unpacked(options.path, Path(folder))
        store = f"ladybug:{folder}/twin.lbdb"
        report(
            run("ingest", str(source), "--store", store), run("infer", "--all", "--at", options.at, "--store", store)
        )


def report(ingest: Run, infer: Run) -> None:
    """Print both commands beside the limits."""
    for name, one in (("ingest", ingest), ("infer --all", infer)):
        print(f"{name:<12} {one.seconds:7.2f} s  peak {one.peak:6.0f} MiB (limit {MEMORY_LIMIT:.0f})")
        print("".join(f"             {line}\n" for line in one.lines), end="")
    print(f"together     {ingest.seconds + infer.seconds:7.2f} s  (limit {SECONDS_LIMIT:.0f} s)")


if __name__ == "__main__":
    main()
