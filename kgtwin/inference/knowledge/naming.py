"""From a name or code that somebody types to the concept that is meant, or to an error that says what there is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Final

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import check_code, to_curie, to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import CODE_SYSTEMS, KGTWIN, PREFIXES, SKOS

ALTERNATIVE: Final = SKOS + "altLabel"
LONGEST: Final = 300
"""Characters that a name may have."""
SHOWN: Final = 8
"""Candidates that an error names."""
_SYSTEMS: Final = {prefix: system for system, prefix in reversed(CODE_SYSTEMS.items())}


class Names:
    """The labels and short names of one knowledge's classes, looked up by kind.

    ``terminology`` maps codes that the knowledge does not have, as when facts are received.
    """

    def __init__(self, knowledge: Knowledge, terminology: Terminology | None = None) -> None:
        self._knowledge = knowledge
        self._terminology = terminology or Terminology()
        self._labels: dict[str, dict[str, list[str]]] = {}

    def coded(
        self, text: str, kinds: tuple[str, ...], what: str, wanted: Callable[[str], bool] = lambda iri: True
    ) -> Coded:
        """The concept of a label, short name, CURIE or IRI, as a received code would have it.

        ``kinds`` are classes of which it must be one; of labels only ``wanted`` ones are looked at.

        Raises:
            NotFoundError: if nothing has this label; it names what is like it.
            UsageError: if several have it, or what is meant is of another kind.
            InvalidIdentifierError: if it is a code that cannot be one.
        """
        given = text.strip()
        if len(given) > LONGEST:
            raise UsageError(f"a name of {len(given)} characters", expected=f"the label or code of a {what}")
        coding = self._coding(given)
        if coding is None:
            return self._as_received(self.labelled(given, kinds, what, wanted))
        found = self._terminology.coded([coding])
        known = [iri for c in found.concepts if (iri := to_iri(c)) in self._knowledge.classes]
        if known and not any(self._knowledge.is_a(iri, kind) for iri in known for kind in kinds):
            label = self._knowledge.label(known[0])
            raise UsageError(f"{given} is “{label}”, which is no {what}", expected=f"the label or code of a {what}")
        return found

    def iri(self, text: str, kinds: tuple[str, ...], what: str) -> str:
        """The known class that is meant, groups included.

        Raises:
            NotFoundError, UsageError, InvalidIdentifierError: as ``coded``; also for a code that is not known.
        """
        found = self.coded(text, kinds, what)
        known = [iri for c in found.concepts if (iri := to_iri(c)) in self._knowledge.classes]
        if not known:
            raise NotFoundError(f"{text} is not in the knowledge", expected=f"the label or code of a {what}")
        return known[0]

    def labelled(
        self, text: str, kinds: tuple[str, ...], what: str, wanted: Callable[[str], bool] = lambda iri: True
    ) -> str:
        """The one class with a label or short name; of classes above each other with one label the most general.

        A semantic tag of SNOMED CT in a label is overlooked where no label is as it was typed.

        Raises:
            NotFoundError: if there is none.
            UsageError: if there are several.
        """
        key = _plain(text)
        same = {iri for kind in kinds for iri in self._of(kind).get(key, ()) if wanted(iri)}
        named = {iri for iri in same if any(_spaced(name) == _spaced(text) for name in self._names(iri))} or same
        found = [iri for iri in sorted(named) if not self._covered(iri, named)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{text!r} is ambiguous", expected="one of " + self._shown(found), remedy="give its code")
        like = self._like(key, kinds, wanted)
        expected = "the label or code of a " + what + (f"; like it: {self._shown(like)}" if like else "")
        raise NotFoundError(f"no {what} is called {text!r}", expected=expected)

    def _covered(self, iri: str, others: set[str]) -> bool:
        """Whether it lies strictly below another one."""
        is_a = self._knowledge.is_a
        return any(is_a(iri, other) and not is_a(other, iri) for other in others)

    def _coding(self, text: str) -> Coding | None:
        """The coding that a CURIE or an IRI of a known stem means; None for a label."""
        curie = to_curie(text)
        prefix, colon, code = curie.partition(":")
        if not colon or prefix not in PREFIXES or prefix not in _SYSTEMS or not code:
            return None
        reason = check_code(prefix, code)
        if reason:
            raise UsageError(f"{text}: {reason}", expected="a code of its system", remedy="correct the code")
        iri = to_iri(curie)
        label = self._knowledge.label(iri) if iri in self._knowledge.classes else None
        return Coding(_SYSTEMS[prefix], code, label)

    def _as_received(self, iri: str) -> Coded:
        coding = self._coding(iri)
        if coding is None:
            return Coded(matches=(Match(to_curie(iri)),), text=self._knowledge.label(iri))
        return self._terminology.coded([coding])

    def _of(self, kind: str) -> dict[str, list[str]]:
        """The classes below a kind by their plain labels and short names, and itself."""
        if kind not in self._labels:
            found: dict[str, list[str]] = {}
            self._labels[kind] = found
            classes = self._knowledge.classes
            below = self._knowledge.classification.descendants(kind) & classes if kind in classes else ()
            for iri in sorted(below):
                for name in dict.fromkeys(map(_plain, self._names(iri))):
                    found.setdefault(name, []).append(iri)
        return self._labels[kind]

    def _names(self, iri: str) -> Iterable[str]:
        ontology = self._knowledge.ontology
        own = (iri.removeprefix(KGTWIN),) if iri.startswith(KGTWIN) else ()
        return (ontology.label(iri), *ontology.values(iri, ALTERNATIVE), *own)

    def _like(self, key: str, kinds: tuple[str, ...], wanted: Callable[[str], bool]) -> list[str]:
        """What a typed name may have meant: names that hold its words, then those spelt almost so."""
        known = {name: iris for kind in kinds for name, iris in self._of(kind).items()}
        holding = sorted((name for name in known if key and key in name), key=len)
        close = difflib.get_close_matches(key, known, n=SHOWN, cutoff=0.75)
        found = (iri for name in (*holding, *close) for iri in known[name] if wanted(iri))
        return list(dict.fromkeys(found))[:SHOWN]

    def _shown(self, iris: Iterable[str]) -> str:
        return ", ".join(f"{self._knowledge.label(iri)} ({to_curie(iri)})" for iri in iris)


def _spaced(text: str) -> str:
    return " ".join(text.casefold().split())


def _plain(text: str) -> str:
    """A name made comparable: case, spaces, and the semantic tag of SNOMED CT apart.

    >>> _plain(" Essential  Hypertension (disorder)")
    'essential hypertension'
    """
    words = text.casefold().split()
    if len(words) > 1 and words[-1] in _TAGS:
        words.pop()
    return " ".join(words)


_TAGS: Final = frozenset({"(disorder)", "(finding)", "(situation)", "(substance)", "(product)", "(organism)"})
