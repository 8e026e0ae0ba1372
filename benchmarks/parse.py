"""Reading an ontology into columns against py-horned-owl reading it into its own, in one run.

Usage::

    python benchmarks/parse.py ONTOLOGY [--rival horned|general]

ONTOLOGY is a file in functional syntax, OWL/XML or RDF/XML. Both read it in one process: kgtwin once unmeasured, since
that loads (and the first time on a machine compiles) its code, then kgtwin, the rival, and kgtwin again (the mean of
its two counts). Imports are not followed. Without py-horned-owl the rival is kgtwin's own general reader, which makes a
Python value of each axiom.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

MEGA = 1_000_000


def seconds(job: Callable[[], object]) -> float:
    """How long a job takes by the clock."""
    gc.collect()
    begin = time.perf_counter()
    job()
    return time.perf_counter() - begin


def peak() -> int:
    """The most memory in use so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def columns(path: Path) -> int:
    """Axioms in the columns."""
    from kgtwin.ontology.fast import functional, xml  # noqa: PLC0415 - part of what the first reading costs

    content = path.read_bytes()
    reader = xml if content.lstrip()[:1] == b"<" else functional
    return len(reader.read(content, str(path)).table)


def horned(path: Path) -> object:
    """The rival's ontology."""
    import pyhornedowl  # noqa: PLC0415 - optional

    if path.suffix == ".ofn":
        return pyhornedowl.open_ontology(str(path), serialization="ofn")
    return pyhornedowl.open_ontology(str(path), serialization="owx" if path.suffix == ".owx" else "rdf")


def general(path: Path) -> object:
    """The general reader's axioms."""
    from kgtwin.ontology.syntax import parse  # noqa: PLC0415

    return parse(path.read_bytes(), str(path)).build({})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ontology", type=Path)
    installed = importlib.util.find_spec("pyhornedowl") is not None
    parser.add_argument("--rival", choices=["horned", "general"], default="horned" if installed else "general")
    arguments = parser.parse_args()
    path: Path = arguments.ontology
    rival, name = (horned, "py-horned-owl") if arguments.rival == "horned" else (general, "the general reader")
    if rival is horned and not installed:
        sys.exit("py-horned-owl is not installed: uv pip install py-horned-owl")
    before = peak()
    first = seconds(lambda: columns(path))
    after = peak()
    rounds = [seconds(lambda: columns(path)), seconds(lambda: rival(path)), seconds(lambda: columns(path))]
    ours, theirs = (rounds[0] + rounds[2]) / 2, rounds[1]
    size = path.stat().st_size / MEGA
    print(f"{path.name}: {size:.1f} MB, {columns(path)} axioms")
    print(f"{'kgtwin, first in the process':30} {first:8.3f} s   + {after - before} MiB with its compiled code")
    print(f"{'kgtwin, to columns':30} {ours:8.3f} s   {size / ours:8.1f} MB/s")
    print(f"{name:30} {theirs:8.3f} s   {size / theirs:8.1f} MB/s")
    print(f"ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
