"""Decoding and mapping to facts against ``fhir.resources``, which merely validates the same files, in one run.

Usage::

    uv pip install "fhir.resources>=8"
    python benchmarks/decode.py FOLDER [--files N]

FOLDER holds R4 Bundles as ``.json``. Both read the same files in one process: kgtwin once unmeasured, then kgtwin, the
rival, and kgtwin again (the mean of its two counts). Processor time is what is compared; the clock's is printed beside
it. ``--files`` takes the first N files.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kgtwin.sources.fhir import read
from kgtwin.terminology import Terminology

MEGA = 1_000_000


class Taken(NamedTuple):
    """Seconds of the processor and of the clock."""

    processor: float = 0.0
    clock: float = 0.0

    def mean(self, other: Taken) -> Taken:
        return Taken((self.processor + other.processor) / 2, (self.clock + other.clock) / 2)


def taken(job: Callable[[], object]) -> Taken:
    """How long a job takes."""
    processor, clock = time.process_time(), time.perf_counter()
    job()
    return Taken(time.process_time() - processor, time.perf_counter() - clock)


def rival() -> Callable[[Path], object]:
    """The R4B validation of ``fhir.resources``."""
    try:
        from fhir.resources.R4B.bundle import Bundle  # noqa: PLC0415 (optional)
    except ImportError:
        sys.exit('fhir.resources is not installed: uv pip install "fhir.resources>=8"')
    return lambda path: Bundle.model_validate_json(path.read_bytes())


def decode(files: list[Path]) -> int:
    """Facts in the files."""
    submissions = read([str(path) for path in files], source="benchmark", terminology=Terminology())
    return sum(len(version.facts) for submission in submissions for version in submission.resources)


def validate(files: list[Path], one: Callable[[Path], object]) -> None:
    """The rival over the same files."""
    for path in files:
        one(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=None)
    arguments = parser.parse_args()
    files = sorted(arguments.folder.rglob("*.json"))[: arguments.files]
    size = sum(path.stat().st_size for path in files) / MEGA
    one = rival()
    one(files[0])
    gc.freeze()  # neither pays for walking the other's classes
    facts = decode(files)
    rounds = [taken(lambda: decode(files)), taken(lambda: validate(files, one)), taken(lambda: decode(files))]
    ours, theirs = rounds[0].mean(rounds[2]), rounds[1]
    print(f"{len(files)} files, {size:.1f} MB, {facts} facts")
    for name, time_taken in (("kgtwin, to facts", ours), ("fhir.resources, validation", theirs)):
        speed = size / time_taken.processor
        print(f"{name:28} {speed:8.1f} MB/s  ({time_taken.processor:.2f} s processor, {time_taken.clock:.2f} s clock)")
    print(f"ratio {theirs.processor / ours.processor:.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
