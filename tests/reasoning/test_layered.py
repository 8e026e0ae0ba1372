"""A mapping in layers says what one dictionary would say, and the ones it comes from stay as they are."""

from __future__ import annotations

from random import Random

from kgtwin.reasoning.layered import Layered


def test_a_chain_of_updates_is_what_one_dictionary_says() -> None:
    random = Random(3)
    found, expected = Layered[int, int](), dict[int, int]()
    kept: list[tuple[Layered[int, int], dict[int, int]]] = []
    for _ in range(200):
        more = {random.randrange(60): random.randrange(1000) for _ in range(random.randrange(5))}
        found, expected = found.updated(more), {**expected, **more}
        kept.append((found, expected))
    for mapping, known in kept:
        assert dict(mapping.items()) == known
        assert list(mapping) == list(dict(mapping.items()))
        assert all(mapping.get(key) == known.get(key) for key in range(60))
        assert all((key in mapping) == (key in known) for key in range(60))


def test_what_is_empty_costs_nothing() -> None:
    one = Layered[str, int]()
    assert one.updated({}) is one
    assert one.get("a") is None
    assert "a" not in one


def test_there_are_few_layers() -> None:
    found = Layered[int, int]()
    for i in range(1000):
        found = found.updated({i: i})
    assert len(found._parts) <= 10
