"""The reasoner against ELK and against its limits: a subcommand for each row of the table in docs/performance.md.

Usage::

    python benchmarks/reasoner.py galen   FILE.ofn             --elk JAR      # whole process against ELK 0.4.3
    python benchmarks/reasoner.py large   FILE.ofn             --elk JAR      # the same, peak memory as well
    python benchmarks/reasoner.py xml     FILE.owl FILE.owx    --robot ROBOT  # against the ELK inside ROBOT
    python benchmarks/reasoner.py reload  FILE.ofn                            # one question to a kept classification
    python benchmarks/reasoner.py change  FILE.ofn                            # ten axioms more and less
    python benchmarks/reasoner.py query   FILE.ofn                            # a post-coordinated expression
    python benchmarks/reasoner.py realise FILE.ofn                            # an individual, 50 types and 50 facts
    python benchmarks/reasoner.py growth  [--sizes 1000,10000,…]              # what an axiom costs as there are more
    python benchmarks/reasoner.py first   [--classes N]                       # first use on a machine

The rivals' places may stand in ELK_JAR and ROBOT instead; both need Java. Whole processes are measured by the clock and
by the most memory that they held, sides in turns, after one run of kgtwin that does not count (its code is compiled
then). Every command prints both sides, the ratio and whether the limit is kept, and exits with 1 where it is not, or
where two taxonomies differ. FILE may be any ontology: classes, restrictions and edits are drawn from it at random.
``benchmarks/reasoner_shaped.py`` makes one of SNOMED CT's size.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import reasoner_whole as whole
from reasoner_processes import Limit

if TYPE_CHECKING:
    from reasoner_kept import Warm

_SIZES = "1000,10000,100000,350000,1000000"

GALEN = Limit(0.5, 0.2)
LARGE = Limit(0.25, 0.08)
LARGE_MEMORY = Limit(0.25, 0.15)
XML = Limit(0.5, 0.2)
RELOAD = Limit(0.6, 0.25, "s")
CHANGE = Limit(10, 0.1, "ms")
NEAR_THE_TOP = Limit(1)
QUERY = Limit(1, 0.05, "ms")
REALISE = Limit(0.5, 0.1, "ms")
FIRST = Limit(5, 1, "s")


def _galen(asked: argparse.Namespace) -> bool:
    return whole.against_elk(asked.file, _rival(asked), asked.runs, GALEN, None)


def _large(asked: argparse.Namespace) -> bool:
    return whole.against_elk(asked.file, _rival(asked), asked.runs, LARGE, LARGE_MEMORY)


def _xml(asked: argparse.Namespace) -> bool:
    return whole.against_robot(asked.files, _rival(asked), asked.runs, XML)


def _reload(asked: argparse.Namespace) -> bool:
    return whole.reload(asked.file, asked.runs, asked.seed, RELOAD)


def _change(asked: argparse.Namespace) -> bool:
    from reasoner_kept import change  # noqa: PLC0415 - heavy, and the others measure memory

    return change(_warm(asked), asked.times, CHANGE, NEAR_THE_TOP)


def _query(asked: argparse.Namespace) -> bool:
    from reasoner_kept import query  # noqa: PLC0415

    return query(_warm(asked), asked.times, QUERY)


def _realise(asked: argparse.Namespace) -> bool:
    from reasoner_kept import realise  # noqa: PLC0415

    return realise(_warm(asked), asked.times, REALISE)


def _growth(asked: argparse.Namespace) -> bool:
    return whole.growth([int(size) for size in asked.sizes.split(",")], asked.runs, asked.seed)


def _first(asked: argparse.Namespace) -> bool:
    return whole.first(asked.classes, asked.runs, asked.seed, FIRST)


def _rival(asked: argparse.Namespace) -> whole.Rival:
    return whole.Rival(getattr(asked, "elk", None), getattr(asked, "robot", None), asked.heap)


def _warm(asked: argparse.Namespace) -> Warm:
    from reasoner_kept import warm  # noqa: PLC0415

    return warm(asked.file, asked.seed)


def _file(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is no file")
    return path


def _place(variable: str) -> Path | None:
    """Where a rival is, by the environment."""
    found = os.environ.get(variable)
    return Path(found).resolve() if found else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    rows = parser.add_subparsers(required=True, metavar="ROW")

    def row(name: str, job: Callable[[argparse.Namespace], bool], says: str) -> argparse.ArgumentParser:
        found = rows.add_parser(name, help=says, description=says)
        found.set_defaults(job=job)
        found.add_argument("--seed", type=int, default=7)
        return found

    def processes(found: argparse.ArgumentParser) -> argparse.ArgumentParser:
        found.add_argument("--runs", type=int, default=5, help="of each side (default 5)")
        return found

    for name, job in (("galen", _galen), ("large", _large)):
        found = processes(row(name, job, "the whole process against ELK 0.4.3"))
        found.add_argument("file", type=_file)
        found.add_argument("--elk", type=_file, default=_place("ELK_JAR"), help="its jar (default: ELK_JAR)")
        found.add_argument("--heap", default="12g", help="java -Xmx (default 12g)")
    found = processes(row("xml", _xml, "XML files of one ontology against ROBOT's ELK"))
    found.add_argument("files", type=_file, nargs="+")
    found.add_argument("--robot", type=_file, default=_place("ROBOT"), help="its command (default: ROBOT)")
    found.add_argument("--heap", default="12g", help="ROBOT_HEAP (default 12g)")
    processes(row("reload", _reload, "a kept classification asked one question")).add_argument("file", type=_file)
    for name, job, says in (
        ("change", _change, "ten axioms changed"),
        ("query", _query, "a post-coordinated expression classified"),
        ("realise", _realise, "an individual realised"),
    ):
        found = row(name, job, says)
        found.add_argument("file", type=_file)
        found.add_argument("--times", type=int, default=200, help="how many of them (default 200)")
    found = processes(row("growth", _growth, "seconds and bytes as axioms grow"))
    found.add_argument("--sizes", default=_SIZES, help=f"classes (default {_SIZES})")
    found = processes(row("first", _first, "first use on a machine"))
    found.add_argument("--classes", type=int, default=500)
    return parser


def main() -> int:
    asked = _parser().parse_args()
    kept: bool = asked.job(asked)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
