"""Proofs on demand: what they rest on suffices; many threads may ask; a kept value explains as well."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model.axioms import Axiom, Class, SubClassOf
from kgtwin.reasoning import classify, proofs
from kgtwin.reasoning.explaining import Explainer
from kgtwin.reasoning.proofs import leaves
from tests.fuzz import times
from tests.reasoning.checker import check
from tests.reasoning.comparing import EL
from tests.reasoning.generate import Shape
from tests.reasoning.justifying import classified, follows, of_shape, proven, questions, sampled

CHAIN: list[Axiom] = [SubClassOf(Class(f"C{i}"), Class(f"C{i + 1}")) for i in range(30)]


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(8), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_the_leaves_of_a_proof_suffice(shape: Shape, seed: int) -> None:
    axioms, names = of_shape(seed, shape)
    try:
        found = classified(axioms, names)
    except InconsistentOntologyError:
        return
    for question in sampled(seed, 5)(questions(found, names)):
        proof = proven(found, question)
        assert proof is not None
        check(proof, axioms)
        assert follows(leaves(proof), names, question)


def test_many_threads_may_ask_one_classification() -> None:
    found = classify(CHAIN)
    asked = [(f"C{i}", f"C{j}") for i in range(30) for j in range(i + 1, 31)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda pair: found.justifications(*pair), asked))
        told = list(pool.map(lambda pair: found.explain(*pair), asked))
    for (sub, sup), answer, proof in zip(asked, answers, told, strict=True):
        assert answer.sets == (frozenset(CHAIN[int(sub[1:]) : int(sup[1:])]),)
        assert proof is not None
        assert set(leaves(proof)) == set(answer.sets[0])


def test_a_kept_prover_explains_the_same() -> None:
    prover = proofs.Prover(classify(CHAIN)._view)
    first = prover.subsumption(2, 4)
    again = pickle.loads(pickle.dumps(prover)).subsumption(2, 4)
    assert first == again is not None


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explainer that remembers too much is replaced, and the next answers are the same."""
    found = classify(CHAIN)
    before = found.explain("C0", "C30")
    used = found._prover.explainer()
    assert found._prover.explainer() is used
    monkeypatch.setattr(Explainer, "full", True)
    assert found._prover.explainer() is not used
    assert found.explain("C0", "C30") == before
