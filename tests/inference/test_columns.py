"""What is found on rows of numbers is what `infer` finds: the same issues, resting on the same facts."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.columns import Finder, many, threads
from kgtwin.inference.columns.proved import proved
from kgtwin.inference.columns.scale import Scale
from kgtwin.inference.knowledge.medicines import bases
from kgtwin.model.axioms import Interval
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance, Quantity
from kgtwin.model.time import Period, read_time
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import SITUATION
from tests.fuzz import times
from tests.inference.crowd import NOW, Crowd, crowd
from tests.inference.factory import AT, coded, condition, fact, order, patient, result
from tests.inference.test_cases import CASES, decoded

Patient = tuple[PatientRecord, tuple[Fact, ...]]
Issues = dict[str, frozenset[str]]
ASTHMA, PROPRANOLOL = "snomed:195967001", "rxnorm:8787"


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> Finder:
    return Finder(knowledge)


def inferred(one: Patient, knowledge: Knowledge, at: datetime) -> Issues:
    record, facts = one
    found = infer(record.key, record, facts, knowledge, at=at, revision=1)
    stated = (issue for issue in found.issues if not issue.kind.of_rule)
    return {issue.id: frozenset(one.fact for one in issue.implicated) for issue in stated}


def found_together(patients: Sequence[Patient], finder: Finder, at: datetime) -> list[Issues | None]:
    """The issues of each patient; None for those that are left to `infer`."""
    columns = [finder.columns(record, facts) for record, facts in patients]
    answers: list[Issues | None] = [{} for _ in patients]
    for part in finder.found(many(columns), at):
        for whole in part.wholes.tolist():
            answers[whole] = None
        for one in finder.findings(part, columns):
            record, facts = patients[one.patient]
            issues = answers[one.patient]
            assert issues is not None, "one that is left to infer has no rows"
            issues[one.id_for(record.key)] = frozenset(facts[place].id for place in one.facts)
    return answers


def found_alone(one: Patient, finder: Finder, at: datetime) -> Issues | None:
    record, facts = one
    found = finder.find(finder.columns(record, facts), at)
    if found is None:
        return None
    return {one.id_for(record.key): frozenset(facts[place].id for place in one.facts) for one in found}


def check(patients: Iterable[Patient], finder: Finder, at: datetime) -> int:
    """That all ways say the same; how many issues there were."""
    given_ones = list(patients)
    together = found_together(given_ones, finder, at)
    count = 0
    for one, found in zip(given_ones, together, strict=True):
        wanted = inferred(one, finder.knowledge, at)
        assert found_alone(one, finder, at) == found
        assert found is None or found == wanted, (one[0].key, at)
        count += len(wanted)
    return count


def test_the_shipped_knowledge_can_be_put_into_columns(finder: Finder) -> None:
    assert finder.obstacle is None


def test_concepts_lie_below_others_as_the_knowledge_says(knowledge: Knowledge) -> None:
    gains = Finder(knowledge).gains
    some = [*islice(knowledge.medicines.ingredients, 40), *islice(sorted(knowledge.classes), 0, None, 200)]
    names = [iri for one in (*some, "urn:x:unknown") for iri in (one, *bases(one, knowledge.classification))]
    for count in (len(names) // 2, len(names)):
        gains.concepts.update((to_curie(iri), n) for n, iri in enumerate(dict.fromkeys(names[:count])))
        known = list(map(to_iri, gains.concepts))
        below, same = (
            found[: len(known), : len(known)] for found in (gains.order_of_concepts(), gains.same_substances())
        )
        forms = [(iri, *bases(iri, knowledge.classification)) for iri in known]
        assert below.tolist() == [[one == other or knowledge.is_a(one, other) for other in known] for one in known]
        assert same.tolist() == [[any(knowledge.is_a(one, iri) for iri in other) for other in forms] for one in known]
        assert below.sum() > len(known)


@settings(max_examples=times(60), deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 60), st.sampled_from([0, 0, 30, 400]))
@example(5, 200, 0)
def test_invented_patients_have_the_issues_that_infer_finds(finder: Finder, number: int, size: int, days: int) -> None:
    check([crowd(finder.knowledge).patient(number, size)], finder, NOW - timedelta(days=days))


def test_many_patients_at_once(finder: Finder) -> None:
    people = [crowd(finder.knowledge).patient(number, 60) for number in range(times(100))]
    assert check(people, finder, NOW) > len(people) // 4


def test_threads_find_what_one_finds(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "PORTION", 7)
    fresh = Finder(finder.knowledge)  # whatever gains are missing, threads find out at once
    people = [crowd(finder.knowledge).patient(number, 40) for number in range(50)]
    rows = many(fresh.columns(record, facts) for record, facts in people)
    by_threads = [(row[:2], len(found.facts)) for found in threads.found_by_threads(fresh, rows, NOW, 4)
                  for row in found.issues.tolist()]  # fmt: skip
    alone = [row[:2] for found in finder.found(many(finder.columns(*one) for one in people), NOW)
             for row in found.issues.tolist()]  # fmt: skip
    assert [row for row, _ in by_threads] == alone
    assert alone


def case_patients(
    folder: str, finder: Finder, terminology: Terminology
) -> Iterable[tuple[list[Patient], Finder, datetime]]:
    for path in sorted((CASES / folder).glob("*.json")):
        if not path.name.endswith(".expected.json"):
            expected = msgspec.json.decode(path.with_name(f"{path.stem}.expected.json").read_bytes())
            moment = read_time(expected["at"])
            assert moment is not None
            yield decoded(path, terminology), finder, moment


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in CASES.glob("*/*.json")} - {"contexts"}))
def test_cases(folder: str, finder: Finder, terminology: Terminology) -> None:
    for one in case_patients(folder, finder, terminology):
        check(*one)


CONTEXTS = CASES / "contexts"


def knowledge_of(text: str, folder: Path) -> Knowledge:
    """The knowledge of an edited ontology for the contexts."""
    (folder / "edited.ofn").write_text(text, encoding="utf-8")
    catalog = (CONTEXTS / "catalog-v001.xml").read_text(encoding="utf-8")
    core = (CASES.parents[1] / "ontologies" / "core.ofn").as_uri()
    (folder / "catalog-v001.xml").write_text(catalog.replace("../../../ontologies/core.ofn", core))
    ontology = load(folder / "edited.ofn")
    classes = (iri for iri, kind in ontology.entities.items() if kind == "Class")
    return Knowledge(ontology, classify(ontology.axioms, classes=classes))


def with_axiom(axiom: str) -> str:
    text = (CONTEXTS / "contexts.ofn").read_text(encoding="utf-8")
    place = text.rindex(")")
    return f"{text[:place]}{axiom}\n)"


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    return Finder(knowledge_of(with_axiom(""), tmp_path_factory.mktemp("contexts")))


def test_every_context(contexts: Finder, terminology: Terminology) -> None:
    assert sum(check(*one) for one in case_patients("contexts/patients", contexts, terminology)) > 20


@settings(max_examples=times(150), deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 40), st.sampled_from([0, 0, 30, 400]))
def test_invented_patients_with_issues_of_every_kind(contexts: Finder, number: int, size: int, days: int) -> None:
    check([Crowd(contexts.knowledge).patient(number, size)], contexts, NOW - timedelta(days=days))


def test_the_dead_have_none(finder: Finder) -> None:
    facts = (condition(concept=ASTHMA), order(concept=PROPRANOLOL))
    assert found_alone((patient(), facts), finder, AT)
    for deceased in (True, "2026-01-15", "2020"):
        assert found_alone((patient(deceased=deceased), facts), finder, AT) == {}
    assert found_alone((patient(deceased="2026-02"), facts), finder, AT)


def test_a_result_of_a_later_day_lasted_nothing(finder: Finder) -> None:
    """Nor does one hide that others lasted, of which it may lie between."""
    ibuprofen = order(concept="rxnorm:5640")
    low = Quantity(value=Decimal(40), ucum="mL/min/{1.73_m2}")
    days = ("2025-06-01", "2025-09-01", "2026-01-10", "2026-03-01", "2026-01-20", "2026-01")
    facts = [result(f"Observation/o{n}", "kgtwin:EstimatedGFR", low, when=Period(day)) for n, day in enumerate(days)]
    assert check([(patient(), (ibuprofen, *facts[:count])) for count in range(len(days) + 1)], finder, AT) >= 4
    assert found_alone((patient(), (ibuprofen, *facts[:4])), finder, AT)


def test_a_new_fact_needs_no_new_start(finder: Finder) -> None:
    before = (condition(concept=ASTHMA),)
    assert found_alone((patient(), before), finder, AT) == {}
    (found,) = (found_alone((patient(), (*before, order(concept=PROPRANOLOL))), finder, AT) or {}).values()
    assert len(found) == 2


def test_a_fact_that_contradicts_itself_is_left_out_and_others_stay(finder: Finder) -> None:
    wrong = fact(FactKind.CONDITION, "Condition/c9", ASTHMA, status="active", verification="confirmed")
    code = coded(ASTHMA)
    wrong = msgspec.structs.replace(wrong, code=Coded(code.codings, (*code.matches, Match(to_curie(SITUATION)))))
    facts = (wrong, condition(concept=ASTHMA), order(concept=PROPRANOLOL))
    assert len(found_alone((patient(), facts), finder, AT) or {}) == 1
    check([(patient(), facts), (patient(), facts[::2])], finder, AT)


def test_facts_that_contradict_one_another_are_left_to_infer(tmp_path: Path) -> None:
    axiom = "SubClassOf(ObjectIntersectionOf(ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient "
    axiom += "rxnorm:5640)) ObjectSomeValuesFrom(:hasNow snomed:195967001)) owl:Nothing)"
    finder = Finder(knowledge_of(with_axiom(axiom), tmp_path))
    facts = (condition(concept=ASTHMA), order(concept="rxnorm:5640"))
    assert found_alone((patient(), facts), finder, AT) is None
    assert found_alone((patient(), facts[:1]), finder, AT) == {}


def test_products_that_are_known_by_their_class_alone(contexts: Finder) -> None:
    """TEST_0011 wants two NSAIDs: two products of which nothing else is known may be the same one."""
    product = "kgtwin:NSAIDProduct"
    one, other = (order(f"MedicationRequest/{n}", product) for n in (1, 2))
    check([(patient(), (one,)), (patient(), (one, other))], contexts, AT)


RULE = "DLSafeRule(Body(ClassAtom(:Patient Variable(<urn:x>))) Head(ClassAtom(:ElderlyWoman Variable(<urn:x>))))"


@pytest.mark.parametrize(
    ("axiom", "obstacle"),
    [
        (RULE, "rules"),
        ("HasKey(:Patient () (:hasAgeInYears))", "keys"),
        ("ReflexiveObjectProperty(:hasNow)", "to itself"),
        ("SubClassOf(ObjectSomeValuesFrom(:hasNow :Patient) ObjectOneOf(:someone))", "individual"),
        ("SubClassOf(DataSomeValuesFrom(:hasValue xsd:integer) :Patient)", "numbers"),
    ],
)
def test_what_cannot_be_put_together_is_left_to_infer(axiom: str, obstacle: str, tmp_path: Path) -> None:
    found = Finder(knowledge_of(with_axiom(axiom), tmp_path)).obstacle
    assert found is not None
    assert obstacle in found


# ages

BIRTH = Provenance("local", "Patient/p1", "1")
YEARS = st.sampled_from([1, 2, 8, 12, 16, 18, 65, 75])
FORMS = st.sampled_from(["%Y-%m-%d", "%Y-%m", "%Y"])
BORN = st.dates(min_value=datetime(1920, 1, 1, tzinfo=UTC).date(), max_value=datetime(2024, 12, 31, tzinfo=UTC).date())


@settings(max_examples=times(200), deadline=None)
@given(
    BORN,
    st.sampled_from([1, 2, 8, 12, 16, 18, 65, 75]),
    st.integers(-2, 2),
    st.sampled_from(["%Y-%m-%d", "%Y-%m", "%Y"]),
)
def test_ages_change_on_the_same_day(finder: Finder, born: datetime, years: int, days: int, form: str) -> None:
    try:
        birthday = born.replace(year=born.year + years)
    except ValueError:
        birthday = born.replace(year=born.year + years, month=3, day=1)
    at = datetime(birthday.year, birthday.month, birthday.day, 12, tzinfo=UTC) + timedelta(days=days)
    named = crowd(finder.knowledge)
    medicines = [
        order(f"MedicationRequest/{n}", to_curie(iri), when=Period("1900")) for n, iri in enumerate(named.aged)
    ]
    check([(patient(birth_date=born.strftime(form), provenance=BIRTH), tuple(medicines))], finder, at)


# places on a scale

NUMBERS = st.integers(-6, 6).map(lambda n: Decimal(n) / 2)
BOUNDS = st.one_of(st.none(), NUMBERS)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = draw(BOUNDS), draw(BOUNDS)
    if low is not None and high is not None and low > high:
        low, high = high, low
    point = low is not None and low == high
    return Interval(low, not point and draw(st.booleans()), high, not point and draw(st.booleans()))


@settings(max_examples=times(1_000))
@given(st.lists(intervals(), min_size=1, max_size=5), intervals())
def test_a_place_says_all_that_matters(ranges: list[Interval], value: Interval) -> None:
    scale = Scale(ranges)
    places = scale.places(value)
    stands_for = scale.interval(*places)
    assert scale.places(stands_for) == places
    assert [stands_for.within(one) for one in ranges] == [value.within(one) for one in ranges]


@settings(max_examples=times(300))
@given(st.lists(intervals(), min_size=1, max_size=4), st.lists(intervals(), min_size=1, max_size=4))
def test_places_span_what_their_values_span(ranges: list[Interval], values: list[Interval]) -> None:
    scale = Scale(ranges)
    lows, highs = zip(*map(scale.places, values), strict=True)
    spanned = scale.interval(min(lows), max(highs))
    for one in ranges:
        assert spanned.within(one) == all(value.within(one) for value in values)


def test_a_finder_goes_with_its_knowledge_through_a_file(knowledge: Knowledge) -> None:
    again = Finder(pickle.loads(pickle.dumps(knowledge)))
    assert check([crowd(knowledge).patient(3, 80)], again, NOW) >= 0


# proofs


@settings(max_examples=times(30), deadline=None)
@given(st.integers(0, 100_000), st.integers(20, 80))
@example(23129, 70)
def test_the_proof_of_a_finding_is_that_of_infer(finder: Finder, number: int, size: int) -> None:
    record, facts = crowd(finder.knowledge).patient(number, size)
    wanted = infer(record.key, record, facts, finder.knowledge, at=NOW, revision=3)
    by_id = {issue.id: issue for issue in wanted.issues if not issue.kind.of_rule}
    for one in finder.find(finder.columns(record, facts), NOW) or ():
        issue = proved(one, record.key, record, facts, finder.knowledge, at=NOW, revision=3)
        assert issue == by_id[issue.id]


def test_a_proof_that_is_kept_is_the_one_that_would_be_made(knowledge: Knowledge) -> None:
    """A knowledge that keeps no proofs gives the same ones."""
    bare = pickle.loads(pickle.dumps(knowledge))
    bare.alike.of = lambda *_: None
    for number in range(times(8)):
        record, facts = crowd(knowledge).patient(number, 60)
        answers = [infer(record.key, record, facts, one, at=NOW, revision=1) for one in (knowledge, bare)]
        assert answers[0] == answers[1]
