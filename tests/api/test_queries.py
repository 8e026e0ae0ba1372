"""``GET /queries`` and ``GET /queries/NAME``."""

from __future__ import annotations

import csv
import io

import pytest

from tests.api.conftest import CASE, Client


@pytest.fixture
def filled(real: Client) -> Client:
    assert real.fhir(CASE.read_bytes()).status_code == 200
    return real


def test_the_list(real: Client) -> None:
    answer = real.get("/queries")
    listed = {one["name"]: one for one in answer.json()["queries"]}
    assert len(listed) >= 24
    assert listed["polypharmacy"]["parameters"][0] == {
        "name": "least",
        "type": "integer",
        "default": "5",
        "unit": "1",
        "meaning": "fewest different substances",
    }
    assert listed["polypharmacy"]["columns"][0]["name"] == "patient"


def test_an_answer_with_the_parameters_that_it_had(filled: Client) -> None:
    answer = filled.get("/queries/polypharmacy?least=1&at=2026-01-01").json()
    assert answer["parameters"] == {"least": 1, "at": "2026-01-01"}
    assert [column["name"] for column in answer["columns"]] == ["patient", "substances", "medicines"]
    assert len(answer["rows"]) == 1
    assert answer["truncated"] is False


def test_csv_by_accept(filled: Client) -> None:
    answer = filled.get("/queries/data-freshness?at=2026-01-01&language=sparql", accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, row = csv.reader(io.StringIO(answer.text))
    assert header == ["source", "facts", "patients", "latestStart", "latestRecorded"]
    assert int(row[1]) > 0


def test_lists_are_given_by_commas_or_again(filled: Client) -> None:
    for asked in ("significances=major,minor", "significances=major&significances=minor"):
        assert filled.get(f"/queries/evidence-of-issues?{asked}").json()["parameters"] == {
            "significances": ["major", "minor"]
        }


def test_a_limit_cuts_and_says_so(filled: Client) -> None:
    patient = filled.get("/queries/polypharmacy?least=1").json()["rows"][0][0]
    whole = filled.get("/queries/patient-timeline", params={"patient": patient})
    assert len(whole.json()["rows"]) > 1
    cut = filled.get("/queries/patient-timeline", params={"patient": patient, "limit": "1"})
    assert (len(cut.json()["rows"]), cut.json()["truncated"]) == (1, True)
    assert cut.headers["x-kgtwin-truncated"] == "at 1 rows"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/queries/nothing", 404, "no query is named 'nothing'"),
        ("/queries/polypharmacy?least=five", 400, "least: 'five' is no integer"),
        ("/queries/polypharmacy?most=5", 400, "no parameter 'most'"),
        ("/queries/polypharmacy?least=1&least=2", 400, "2 values"),
        ("/queries/patient-timeline", 400, "is missing"),
        ("/queries/polypharmacy?limit=0", 400, "limit='0'"),
        ("/queries/polypharmacy?limit=10001", 400, "limit='10001'"),
        ("/queries/polypharmacy?limit=²", 400, "limit="),
        ("/queries/polypharmacy?language=sql", 400, "language='sql'"),
        ("/queries/polypharmacy?language=sparql", 404, "no sparql"),
        ("/queries/polypharmacy?" + "&".join(f"a{n}=1" for n in range(1_001)), 400, "1001 parameters"),
    ],
)
def test_what_is_refused(real: Client, path: str, status: int, said: str) -> None:
    answer = real.get(path)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_only_get_and_only_forms_that_there_are(real: Client) -> None:
    assert real.send("PUT", "/queries/polypharmacy").status_code == 405
    assert real.get("/queries/polypharmacy", accept="application/xml").status_code == 406
    assert real.get("/queries", accept="text/csv").status_code == 406
