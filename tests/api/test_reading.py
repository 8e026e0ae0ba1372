"""``POST /read/…``: tables of patients, facts and issues in every form, pages, and what is refused."""

from __future__ import annotations

import csv
import io

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kgtwin.model.twin import Twin
from tests.api.conftest import CASE, Client

ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


@pytest.fixture
def filled(real: Client) -> Client:
    for number, source in enumerate(("a", "b", "c"), 1):
        assert real.fhir(CASE.read_bytes(), source).status_code == 200
        assert real.post("/read/facts", json={}).headers["x-kgtwin-revision"] == str(number)
    return real


def test_pages_lead_from_one_to_the_next(filled: Client) -> None:
    keys: list[str] = []
    asked: dict[str, object] = {"first": 2, "as_of": 3}
    while True:
        answer = filled.post("/read/patients", json=asked)
        assert (answer.status_code, answer.headers["x-kgtwin-revision"]) == (200, "3")
        keys += [row[0] for row in answer.json()["rows"]]
        if "x-kgtwin-next" not in answer.headers:
            break
        asked["after"] = answer.headers["x-kgtwin-next"]
    assert keys == ["a|p1", "b|p1", "c|p1"]
    assert filled.post("/read/patients", json={"as_of": 1}).json()["rows"][0][0] == "a|p1"


def test_every_form_has_the_same_rows(filled: Client) -> None:
    def ask(accept: str) -> bytes:
        answer = filled.post("/read/facts", json={"patient": "b|p1"}, headers={"accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == accept
        return answer.content

    arrow = pa.ipc.open_stream(ask(ARROW)).read_all()
    assert pq.read_table(io.BytesIO(ask(PARQUET))).equals(arrow)
    plain = msgspec.json.decode(ask("application/json"))
    assert plain["columns"] == arrow.column_names
    assert [row[1] for row in plain["rows"]] == arrow.column("fact").to_pylist()
    for kind, sign in (("text/csv", ","), ("text/tab-separated-values", "\t")):
        lines = list(csv.reader(io.StringIO(ask(kind).decode()), delimiter=sign))
        assert lines[0] == arrow.column_names
        assert [line[1] for line in lines[1:]] == arrow.column("fact").to_pylist()
    assert arrow.num_rows > 1


def test_a_twin_is_the_model_s_json(filled: Client) -> None:
    answer = filled.post("/read/twin", json={"patient": "c|p1"})
    twin = msgspec.json.decode(answer.content, type=Twin)
    assert answer.headers["x-kgtwin-revision"] == str(twin.revision)
    assert twin.patient.key == "c|p1"
    assert twin.inference is not None
    assert len(twin.inference.issues) == 1
    assert twin.inference.issues[0].derivation.premises


@pytest.mark.parametrize(
    ("what", "asked", "status", "said"),
    [
        ("twin", {}, 400, "no patient is named"),
        ("twin", {"patient": "nobody"}, 404, "no patient local|nobody"),
        ("facts", {"patient": "x|y"}, 404, "no patient x|y"),
        ("facts", {"as_of": 4}, 404, "there is no revision 4 yet"),
        ("issues", {"as_of": 4, "at": "2026"}, 404, "there is no revision 4 yet"),
        ("facts", {"as_of": -1}, 400, "the revision -1"),
        ("facts", {"as_of": "then"}, 400, "'then' is no FHIR date"),
        ("facts", {"as_of": True}, 400, "cannot be read"),
        ("facts", {"at": "2026-13"}, 422, "'2026-13' is"),
        ("facts", {"after": "x"}, 400, "the cursor is none of this list"),
        ("facts", {"first": 0}, 400, "cannot be read"),
        ("facts", {"first": 1_001}, 400, "cannot be read"),
        ("facts", {"patients": "all"}, 400, "cannot be read"),
        ("anything", {}, 404, "Not Found"),
    ],
)
def test_what_is_refused(filled: Client, what: str, asked: dict[str, object], status: int, said: str) -> None:
    answer = filled.post(f"/read/{what}", json=asked)
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (status, True), answer.text


def test_the_door_is_as_guarded_as_the_others(filled: Client) -> None:
    def status(body: bytes, **headers: str) -> int:
        headers = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return filled.post("/read/patients", content=body, headers=headers).status_code

    assert filled.get("/read/patients").status_code == 405
    assert status(b"{}") == 200
    assert status(b"{}", content_type="text/plain") == 415
    assert status(b"{}", accept="text/html") == 406
    assert status(b"{}", sec_fetch_site="cross-site") == 403
    assert status(b" " * (1 << 16) + b"{}") == 413
    assert status(b"{") == 400


def test_a_named_query_is_asked_in_a_body_too(filled: Client) -> None:
    asked = {"parameters": {"patient": "a|p1"}, "limit": 1, "language": "cypher"}
    answer = filled.post("/queries/patient-timeline", json=asked)
    assert answer.json()["parameters"]["patient"] == "a|p1"
    assert answer.headers["x-kgtwin-truncated"] == "at 1 rows"
    arrow = filled.post("/queries/patient-timeline", json=asked, headers={"accept": ARROW})
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert (table.num_rows, table.schema.metadata[b"truncated"]) == (1, b"true")
    for wrong, status in (
        ({"limit": 10_001}, 400),
        ({"timeout": 31}, 400),
        ({"language": "sql"}, 400),
        ({"parameters": []}, 400),
        ({"parameters": {"most": 1}}, 400),
    ):
        answer = filled.post("/queries/polypharmacy", json=wrong)
        assert (answer.status_code, "error" in answer.json()) == (status, True)
