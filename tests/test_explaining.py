"""Why something follows, does not, or has changed, over a real embedded store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge
from kgtwin.inference.explaining.axiom_difference import Axioms
from kgtwin.inference.issues.derive import abbreviated
from kgtwin.model.derivation import AxiomRef
from kgtwin.model.history import IssueDifference, Reason
from kgtwin.model.ontology import Ontology
from kgtwin.model.owl_text import render
from kgtwin.service import Service
from kgtwin.vocabulary import RDFS_LABEL
from tests.inference.test_statements import TEXT, knowledge_of
from tests.store.builders import make_bundle
from tests.test_service import AT, bundle, condition, order, with_service

IBUPROFEN, NAPROXEN = "5640", "7258"
FACTS = ({"resourceType": "Patient", "id": "p1"}, order("m1", IBUPROFEN), order("m2", NAPROXEN))


async def receive(service: Service, *resources: dict[str, Any]) -> None:
    await service.submit(bundle("batch", *resources), source="local", label="test")


def knowledge_from(folder: Path, name: str, old: str = "", new: str = "") -> Knowledge:
    assert not old or TEXT.count(old) == 1
    made = folder / name
    made.mkdir()
    return knowledge_of(TEXT.replace(old, new) if old else TEXT, made)


def changed(
    tmp_path: Path, old: Knowledge, new: Knowledge, *, then: Ontology | None = None, stored: bool = True
) -> tuple[list[IssueDifference], str, bool]:
    """What another ontology alone changed for a patient of whom nothing else changed."""

    async def use(service: Service) -> tuple[list[IssueDifference], str, bool]:
        service.replace_knowledge(old)
        if stored:
            await receive(service, *FACTS)
        else:
            await service.store.write(make_bundle("p1"))
        revision = await service.store.revision()
        service.replace_knowledge(new)
        found = await service.difference("p1", (revision, AT), (None, AT), ontology_before=then)
        assert found.facts == ()
        assert found.knowledge is not None
        return list(found.issues), found.knowledge.text, found.knowledge.at_hand

    return with_service(tmp_path, use)


def test_a_definition_that_changed_is_named_with_both_texts(tmp_path: Path) -> None:
    body = "ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient :NSAID))))\n"
    start = "EquivalentClasses(:TEST_0011 ObjectIntersectionOf(:Patient "
    old = knowledge_from(tmp_path, "old")
    new = knowledge_from(tmp_path, "new", start + body, start + body.replace(":NSAID", ":SSRI"))
    (issue,), text, at_hand = changed(tmp_path, old, new)
    assert (issue.reason, issue.after) == (Reason.KNOWLEDGE, None)
    (axiom,) = issue.axioms
    assert axiom.before is not None
    assert axiom.after is not None
    assert ":NSAID" in axiom.before.text
    assert ":SSRI" in axiom.after.text
    assert not at_hand
    assert "not at hand" in text


def test_an_axiom_that_is_gone_is_named(tmp_path: Path) -> None:
    old = knowledge_from(tmp_path, "old")
    new = knowledge_from(tmp_path, "new", "SubClassOf(rxnorm:7258 :NSAID)\n", "SubClassOf(rxnorm:7258 :Substance)\n")
    issues, _, _ = changed(tmp_path, old, new)
    gone = {one.before.text for issue in issues for one in issue.axioms if one.before and one.after is None}
    assert gone == {"SubClassOf(rxnorm:7258 kgtwin:NSAID)"}


@pytest.mark.parametrize("given", [False, True])
def test_a_new_axiom_is_named_where_the_old_ontology_is_at_hand(tmp_path: Path, given: bool) -> None:
    new = knowledge_from(tmp_path, "new")
    old = knowledge_from(tmp_path, "old", "SubClassOf(rxnorm:7258 :NSAID)\n", "SubClassOf(rxnorm:7258 :Substance)\n")
    issues, text, at_hand = changed(tmp_path, old, new, then=old.ontology if given else None)
    fresh = {one.after.text for issue in issues for one in issue.axioms if one.after and one.before is None}
    assert fresh == ({"SubClassOf(rxnorm:7258 kgtwin:NSAID)"} if given else set())
    assert {issue.before for issue in issues} == {None}
    assert (at_hand, "not at hand" in text) == (given, not given)


def test_a_changed_significance_is_told(tmp_path: Path) -> None:
    old = knowledge_from(tmp_path, "old")
    major = ':significance :TEST_0011 "major"'
    new = knowledge_from(tmp_path, "new", major, major.replace("major", "contraindicated"))
    (issue,), _, _ = changed(tmp_path, old, new)
    assert issue.before is not None
    assert issue.after is not None
    assert (issue.before.significance, issue.after.significance) == ("major", "contraindicated")
    (axiom,) = issue.axioms
    assert axiom.before is not None
    assert axiom.after is not None
    assert axiom.before.text == axiom.after.text
    assert axiom.before.annotations != axiom.after.annotations


def test_what_another_ontology_says_otherwise_of_an_axiom_is_found(tmp_path: Path) -> None:
    ontology = knowledge_from(tmp_path, "old").ontology
    notes = ontology.annotations["https://w3id.org/kgtwin/ontology#TEST_0011"]
    same = tuple((to_curie(one.property), one.value) for one in notes if one.property != RDFS_LABEL)
    texts = map(abbreviated, map(render, ontology.axioms))
    (text,) = [one for one in texts if "EquivalentClasses(kgtwin:TEST_0011 " in one]
    axioms = Axioms(ontology)
    assert axioms.otherwise(AxiomRef(text, None, same)) is None
    assert axioms.otherwise(AxiomRef(text, None, same[1:])) == AxiomRef(text, None, same)
    assert axioms.otherwise(AxiomRef(text)) is None, "nothing was said of it"
    assert axioms.otherwise(AxiomRef("SubClassOf(kgtwin:Gone kgtwin:Patient)", None, same)) is None


def test_an_edit_elsewhere_changes_nothing_for_the_patient(tmp_path: Path) -> None:
    new = knowledge_from(tmp_path, "new", '"SSRI with a MAOI"@en', '"SSRI beside a MAOI"@en')
    issues, text, _ = changed(tmp_path, knowledge_from(tmp_path, "old"), new)
    assert issues == []
    assert "knowledge was" in text


def test_what_was_not_stored_cannot_be_compared(tmp_path: Path) -> None:
    issues, text, _ = changed(tmp_path, knowledge_from(tmp_path, "old"), knowledge_from(tmp_path, "new"), stored=False)
    assert issues == []
    assert "was not stored" in text


def test_another_ontology_than_that_of_then_is_refused(tmp_path: Path) -> None:
    old = knowledge_from(tmp_path, "old")
    new = knowledge_from(tmp_path, "new", '"SSRI with a MAOI"@en', '"SSRI beside a MAOI"@en')
    with pytest.raises(UsageError, match="the ontology of before"):
        changed(tmp_path, old, new, then=new.ontology)


def test_the_same_ontology_says_nothing_of_knowledge(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await receive(service, {"resourceType": "Patient", "id": "p1"}, condition("c1"), order("m1"))
        found = await service.difference("p1", (await service.store.revision(), AT), (None, AT))
        assert (found.knowledge, found.issues) == (None, ())

    with_service(tmp_path, use)


# why, and why not


def test_a_question_is_a_name_or_an_expression(tmp_path: Path) -> None:
    async def use(service: Service) -> None:
        await receive(service, {"resourceType": "Patient", "id": "p1"}, condition("c1"), order("m1"))
        title = (await service.why_not("p1", "kgtwin:CI_0001")).title
        for asked in ("kgtwin:CI_0001", "https://w3id.org/kgtwin/ontology#CI_0001", title, f"'{title}'"):
            found = await service.why_not("p1", asked)
            assert (found.statement, found.holds) == ("kgtwin:CI_0001", True)
        found = await service.why_not("p1", "'takes now' some ('has active ingredient' some Metformin)")
        assert (found.statement, found.holds, len(found.parts)) == (None, False, 1)
        proof = await service.why("p1", "'has now' some Asthma")
        assert proof is not None
        assert [ref.resource for ref in proof.facts] == ["Condition/c1"]
        for wrong in ("kgtwin:CI_9999", "takes nothing at all", "", "x" * 20_000):
            with pytest.raises(UsageError):
                await service.why_not("p1", wrong)
        with pytest.raises(NotFoundError):
            await service.why_not("nobody", "kgtwin:CI_0001")

    with_service(tmp_path, use)


@pytest.mark.parametrize("how", ["entered-in-error", "deleted"])
def test_what_was_taken_back_comes_closest(tmp_path: Path, how: str) -> None:
    async def use(service: Service) -> None:
        await receive(service, {"resourceType": "Patient", "id": "p1"}, condition("c1"), order("m1"))
        before = await service.store.revision()
        wrong = {"coding": [{"code": "entered-in-error"}]}
        if how == "deleted":
            request = {"request": {"method": "DELETE", "url": "Condition/c1"}}
            body = {"resourceType": "Bundle", "type": "batch", "entry": [request]}
            await service.submit(msgspec.json.encode(body), source="local", label="test")
        else:
            await receive(service, {**condition("c1"), "verificationStatus": wrong})
        found = await service.why_not("p1", "kgtwin:CI_0001")
        assert not found.holds
        (near, *_) = found.missing[0].nearest
        assert near.fact.resource == "Condition/c1"
        assert how.split("-", maxsplit=1)[0] in near.reasons[0]
        assert (await service.why_not("p1", "kgtwin:CI_0001", as_of=before)).holds
        assert await service.store.withdrawn("local|p1", as_of=before) == ()

    with_service(tmp_path, use)
