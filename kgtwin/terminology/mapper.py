"""From codings as received to the concepts that they map to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.errors import TerminologyError
from kgtwin.identifiers import check_code
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.problem import Location, Problem
from kgtwin.terminology.sssom import SUFFIX, read_sssom

CACHE_SIZE: Final = 50_000


class Terminology(msgspec.Struct, frozen=True):
    """Every mapping: the matches of each received code (a CURIE), beside its match on itself.

    ``problems`` are what was wrong in the mapping files.

    >>> coded = Terminology().coded([Coding("http://snomed.info/sct", "22298006", "Myocardial infarction")])
    >>> coded.concepts
    ('snomed:22298006',)
    """

    matches: dict[str, tuple[Match, ...]] = {}
    problems: tuple[Problem, ...] = ()
    _cache: dict[tuple[tuple[Coding, ...], str | None], Coded] = {}

    @staticmethod
    def load(folder: Path | None) -> Terminology:
        """The mappings of every ``*.sssom.tsv`` in a folder; of none when it is None.

        A file that cannot be read is a problem, and the others load.
        """
        if folder is None:
            return Terminology()
        matches: dict[str, dict[Match, None]] = {}
        problems: list[Problem] = [] if folder.is_dir() else [_no_folder(folder)]
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                found = read_sssom(path)
            except TerminologyError as error:
                problems.append(Problem.of(error, Location(error.where or str(path))))
                continue
            problems += found.problems
            problems += _unused(path, found.unused)
            for code, those in found.matches.items():
                matches.setdefault(code, {}).update(dict.fromkeys(those))
        return Terminology({code: tuple(those) for code, those in matches.items()}, tuple(problems))

    def coded(self, codings: Sequence[Coding], text: str | None = None) -> Coded:
        """The codings with their concepts: each code's own, then those of the mappings, in order.

        A code whose form or check digit is wrong has a line in ``defects`` and no match; a code of an unknown
        system is kept as it is.
        """
        key = (tuple(codings), text)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            found = self._cache[key] = self._coded(*key)
        return found

    def _coded(self, codings: tuple[Coding, ...], text: str | None) -> Coded:
        matches: dict[Match, None] = {}
        defects = []
        for coding in codings:
            concept = coding.concept
            if concept is None:
                continue
            prefix, _, code = concept.partition(":")
            reason = check_code(prefix, code)
            if reason:
                defects.append(f"{coding.system} {coding.code}: {reason}")
                continue
            matches[Match(concept)] = None
            matches.update(dict.fromkeys(self.matches.get(concept, ())))
        return Coded(codings, tuple(matches), text, tuple(defects))


def _no_folder(folder: Path) -> Problem:
    return Problem(
        "terminology",
        "there is no such folder of mappings",
        Location(str(folder)),
        expected="a folder with *.sssom.tsv files",
        remedy="set KGTWIN_MAPPINGS",
        rejected=False,
    )


def _unused(path: Path, count: int) -> list[Problem]:
    if not count:
        return []
    return [
        Problem(
            "terminology",
            f"{count} rows map to no SNOMED CT, RxNorm, LOINC or kgtwin concept and are not used",
            Location(str(path)),
            rejected=False,
        )
    ]
