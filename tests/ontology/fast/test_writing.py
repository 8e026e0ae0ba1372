"""The compiled writer of taxonomies writes what the general one writes; names are sorted as Python sorts them."""

from __future__ import annotations

import lzma
import re
from itertools import chain
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.ontology.fast import writing
from kgtwin.ontology.fast.sorting import by_name
from kgtwin.ontology.fast.writing import taxonomy_bytes
from kgtwin.ontology.writer import write_taxonomy
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING


def packed(names: list[str]) -> tuple[Bytes, Offsets]:
    """Names as in an axiom table."""
    texts = [name.encode() for name in names]
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([len(text) for text in texts], dtype=np.int64)


class Drawn:
    """A random taxonomy: ``above`` maps a head to the heads directly above it."""

    def __init__(self, names: list[str], random: Random) -> None:
        self.names = names
        self.head = list(range(len(names)))
        self.above: dict[int, list[int]] = {}
        self.top, self.bottom = names.index(OWL_THING), names.index(OWL_NOTHING)
        for k in range(len(names)):
            self.head[k] = self.head[random.choice(range(k + 1))] if random.random() < 0.3 else k
        heads = sorted(set(self.head) - {self.head[self.top], self.head[self.bottom]})
        for i, head in enumerate(heads):
            above = [*random.sample(heads[:i], min(i, random.randrange(3)))]
            self.above[head] = above or [self.head[self.top]]

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.names)

    @property
    def unsatisfiable(self) -> frozenset[str]:
        return self.equivalents(OWL_NOTHING)

    def equivalents(self, iri: str) -> frozenset[str]:
        head = self.head[self.names.index(iri)]
        return frozenset(self.names[k] for k, other in enumerate(self.head) if other == head)

    def children(self, iri: str) -> frozenset[str]:
        head = self.head[self.names.index(iri)]
        return frozenset(self.names[k] for k, other in enumerate(self.head) if head in self.above.get(other, ()))

    def arrays(self) -> tuple[Ints, Offsets, Ints]:
        lists = [self.above.get(k, []) for k in range(len(self.names))]
        ends = np.cumsum([len(found) for found in lists], dtype=np.int64)
        return np.array(self.head, np.int32), ends, np.array([*chain(*lists)], np.int32)


def written(drawn: Drawn) -> bytes:
    names, ends = packed(["http://x/not-a-class", *drawn.names])
    classes = np.arange(1, len(drawn.names) + 1, dtype=np.int32)
    pieces = taxonomy_bytes(names, ends, classes, *drawn.arrays(), top=drawn.top, bottom=drawn.bottom)
    return b"".join(map(bytes, pieces))


NAMES = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.text("ab\0", max_size=25),
        st.integers(0, 10**6).map(lambda number: f"http://snomed.info/id/{number}"),
    ),
    max_size=100,
    unique=True,
)


@given(NAMES, st.randoms(use_true_random=False))
def test_random_taxonomies(names: list[str], random: Random) -> None:
    names = [*dict.fromkeys([*names, OWL_THING, OWL_NOTHING])]
    random.shuffle(names)
    drawn = Drawn(names, random)
    assert written(drawn).decode() == "".join(f"{line}\n" for line in write_taxonomy(drawn))


@pytest.mark.parametrize("chunk", [0, 1, 100, 1000])
def test_pieces_of_any_size(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_CHUNK", chunk)
    names = [*(f"http://x/{'long' * (k % 40)}{k}" for k in range(300)), OWL_THING, OWL_NOTHING]
    drawn = Drawn(names, Random(1))
    assert written(drawn).decode() == "".join(f"{line}\n" for line in write_taxonomy(drawn))


@given(NAMES)
def test_order_of_names(names: list[str]) -> None:
    order = by_name(np.arange(len(names), dtype=np.int32), *packed(names))
    assert [names[k] for k in order.tolist()] == sorted(names)


def test_order_of_many_names() -> None:
    random = Random(0)
    stems = ["http://snomed.info/id/", "http://www.w3.org/", "http://www.w3.org/2002/07/owl#", ""]
    names = list({random.choice(stems) + str(random.randrange(10 ** random.randrange(1, 12))) for _ in range(5000)})
    chosen = np.array(random.sample(range(len(names)), 4000), np.int32)
    order = by_name(chosen, *packed(names))
    assert [names[k] for k in chosen[order].tolist()] == sorted(names[k] for k in chosen.tolist())


ELK = Path(__file__).parents[3] / "../shared/data/owl/galen-el.elk-taxonomy.ofn.xz"


@pytest.mark.skipif(not ELK.is_file(), reason="needs ../shared/data/owl, which is not part of the repository")
def test_elks_own_file() -> None:
    lines = [line for line in lzma.decompress(ELK.read_bytes()).decode().splitlines() if line and line[0] != "#"]
    drawn = Drawn([OWL_THING, OWL_NOTHING], Random(0))
    numbers = {OWL_THING: 0, OWL_NOTHING: 1}
    drawn.head, drawn.above = [0, 1], {}
    for line in lines:
        found = [numbers.setdefault(iri, len(numbers)) for iri in re.findall(r"<([^>]*)>", line)]
        drawn.head.extend(range(len(drawn.head), len(numbers)))
        if line.startswith("Equivalent"):
            for number in found:
                drawn.head[number] = found[0]
        elif line.startswith("SubClassOf"):
            drawn.above.setdefault(found[0], []).append(found[1])
    drawn.names = list(numbers)
    assert written(drawn).decode().splitlines() == lines
