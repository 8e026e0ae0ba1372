"""Transitive reduction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kgtwin.reasoning.taxonomy import taxonomy

GRAPHS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16)


def _closed(edges: set[tuple[int, int]]) -> dict[str, frozenset[str]]:
    reached = {i: {i} | {b for a, b in edges if a == i} for i in range(8)}
    for _ in range(8):
        reached = {i: {c for b in found for c in reached[b]} for i, found in reached.items()}
    return {str(i): frozenset(map(str, found)) for i, found in reached.items()}


@given(GRAPHS)
def test_direct_links_are_the_covers_of_the_order(edges: set[tuple[int, int]]) -> None:
    subsumers = _closed(edges)
    found = taxonomy(subsumers)
    for c, supers in subsumers.items():
        assert found.group[c] == {d for d in supers if c in subsumers[d]}
    for head, above in found.above.items():
        strict = {d for d in found.supers if d != head and d in subsumers[head] and head not in subsumers[d]}
        assert found.supers[head] == strict
        covers = {d for d in strict if not any(d in subsumers[e] and e != d for e in strict)}
        assert set(above) == covers
        assert all(head in found.below[d] for d in above)
