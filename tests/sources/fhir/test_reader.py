from __future__ import annotations

import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kgtwin.errors import UsageError
from kgtwin.model.submission import Submission
from kgtwin.sources.fhir import inputs, read, reader
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import ASTHMA, PATIENT, RXNORM, bundle, concept, resource

CONDITION = resource("Condition", code=ASTHMA)
BUNDLE = json.dumps(bundle(PATIENT, CONDITION)).encode()
LINES = b"\n".join(json.dumps(r).encode() for r in (PATIENT, CONDITION)) + b"\n"


def run(*paths: Path | str) -> list[Submission]:
    return list(read([str(path) for path in paths], source="local", terminology=Terminology()))


def names(submissions: list[Submission]) -> list[str]:
    return [version.resource for submission in submissions for version in submission.resources]


def zipped(name: str) -> Callable[[bytes], bytes]:
    def pack(data: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", "")
            archive.writestr(f"folder/{name}", data)
        return buffer.getvalue()

    return pack


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("suffix", [".json", ".JSON"])
def test_json(tmp_path: Path, packing: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}{packing}"
    path.write_bytes(PACKERS[packing](BUNDLE))
    submissions = run(path)
    assert [s.label for s in submissions] == [str(path)]
    assert names(submissions) == ["Patient/p1", "Condition/r1"]


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("suffix", [".ndjson", ".jsonl"])
def test_ndjson(tmp_path: Path, packing: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}{packing}"
    path.write_bytes(PACKERS[packing](LINES))
    submissions = run(path)
    assert [s.label for s in submissions] == [f"{path}:1", f"{path}:2"]
    assert names(submissions) == ["Patient/p1", "Condition/r1"]


@pytest.mark.parametrize(
    ("member", "data", "labels"),
    [("a.json", BUNDLE, [""]), ("a.ndjson", LINES, [":1", ":2"]), ("a.json.gz", gzip.compress(BUNDLE), [""])],
)
def test_zip(tmp_path: Path, member: str, data: bytes, labels: list[str]) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(member)(data))
    submissions = run(path)
    assert [s.label for s in submissions] == [f"{path}!folder/{member}{label}" for label in labels]
    assert names(submissions) == ["Patient/p1", "Condition/r1"]


def test_a_zip_skips_and_counts_other_members(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped("readme.txt")(b"hello"))
    (submission,) = run(path)
    assert [(p.code, p.rejected) for p in submission.problems] == [("skipped-files", False)]


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "condition.json").write_text(json.dumps(CONDITION), encoding="utf-8")
    (tmp_path / "a.ndjson").write_text(json.dumps({**CONDITION, "id": "r0"}), encoding="utf-8")
    (tmp_path / "z.json").write_text(json.dumps(PATIENT, indent=2), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "data.csv").write_text("hello", encoding="utf-8")
    submissions = run(tmp_path)
    assert names(submissions) == ["Patient/p1", "Condition/r0", "Condition/r1"]
    (skipped,) = [p for s in submissions for p in s.problems]
    assert (skipped.code, skipped.message) == ("skipped-files", "2 files with another suffix were skipped")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert run(tmp_path) == []


def test_medications_of_another_file_of_the_same_ingest(tmp_path: Path) -> None:
    """Bulk Data exports one type a file."""
    medicine = {"resourceType": "Medication", "id": "m1", "code": concept(RXNORM, "5640")}
    order = resource(
        "MedicationRequest", status="active", intent="order", medicationReference={"reference": "Medication/m1"}
    )
    for name, content in {"a": order, "Patient": PATIENT, "z": medicine}.items():
        (tmp_path / f"{name}.ndjson").write_text(json.dumps(content), encoding="utf-8")
    submissions = run(tmp_path)
    assert [p for s in submissions for p in s.problems] == []
    (found,) = [fact for s in submissions for version in s.resources for fact in version.facts]
    assert found.code.concepts == ("rxnorm:5640",)


def test_a_bad_line_keeps_the_good_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(json.dumps(PATIENT).encode() + b'\n\n{"resourceType": "Cond\n' + json.dumps(CONDITION).encode())
    submissions = run(path)
    assert names(submissions) == ["Patient/p1", "Condition/r1"]
    (found,) = [p for s in submissions for p in s.problems]
    assert (found.location.file, found.location.entry) == (str(path), "line 3")
    assert found.code == "malformed"
    assert [s.label for s in submissions] == [f"{path}:{line}" for line in (1, 3, 4)]


def test_a_bundle_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(json.dumps(bundle(PATIENT, {**CONDITION, "code": 5})).encode())
    (found,) = run(path)[0].problems
    assert str(found.location) == f"{path} line 1 entry[1] Condition/r1 code"


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (BUNDLE, ["-"]),
        (json.dumps(bundle(PATIENT, CONDITION), indent=2).encode(), ["-"]),
        (LINES, ["-:1", "-:2"]),
        (b"\n" + LINES, ["-:2", "-:3"]),
        (gzip.compress(LINES), ["-:1", "-:2"]),
        (lzma.compress(BUNDLE), ["-"]),
    ],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes, labels: list[str]) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data))))
    submissions = run("-")
    assert [s.label for s in submissions] == labels
    assert names(submissions) == ["Patient/p1", "Condition/r1"]


@pytest.mark.parametrize(("data", "message"), [(b"", "empty"), (BUNDLE[:50], "truncated"), (b"PK\x03\x04xx", "zip")])
def test_standard_input_that_is_none(monkeypatch: pytest.MonkeyPatch, data: bytes, message: str) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data))))
    (submission,) = run("-")
    (found,) = submission.problems
    assert message in found.message
    assert found.location.file == "-"


def test_a_file_named_itself_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "bundle.txt"
    path.write_bytes(BUNDLE)
    assert names(run(path)) == ["Patient/p1", "Condition/r1"]


def test_a_path_that_is_not_there_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read([str(tmp_path), str(tmp_path / "none.json")], source="local", terminology=Terminology())


@pytest.mark.parametrize(
    ("name", "data", "code", "message"),
    [
        ("a.json", b"", "malformed", "empty"),
        ("a.ndjson", b"", "malformed", "empty"),
        ("a.ndjson", b"\n\n", "malformed", "empty"),
        ("a.json", BUNDLE[:-20], "malformed", f"truncated at byte {len(BUNDLE) - 20}"),
        ("a.json.gz", gzip.compress(BUNDLE)[:-12], "malformed", "damaged or truncated"),
        ("a.json.gz", b"no gzip", "malformed", "damaged or truncated"),
        ("a.json.xz", lzma.compress(BUNDLE)[:-12], "malformed", "damaged or truncated"),
        ("a.json.xz", b"no xz at all", "malformed", "damaged or truncated"),
        ("a.zip", b"no zip", "malformed", "damaged or truncated"),
        ("a.zip", zipped("a.json")(BUNDLE)[:-30], "malformed", "damaged or truncated"),
        ("a.json", LINES, "malformed", "NDJSON"),
    ],
)
def test_a_file_that_cannot_be_read_does_not_stop_the_next(
    tmp_path: Path, name: str, data: bytes, code: str, message: str
) -> None:
    bad, good = tmp_path / name, tmp_path / "good.json"
    bad.write_bytes(data)
    good.write_bytes(BUNDLE)
    submissions = run(bad, good)
    assert names(submissions) == ["Patient/p1", "Condition/r1"]
    (found,) = [p for s in submissions for p in s.problems]
    assert (found.code, found.rejected, found.location.file) == (code, True, str(bad))
    assert message in str(found)


def test_the_good_lines_before_the_damage_are_kept(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({**PATIENT, "id": f"p{i}"}).encode() + b"\n" for i in range(20_000))
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(lines)[:-2000])
    submissions = run(path)
    assert len(names(submissions)) > 100
    assert "damaged" in submissions[-1].problems[0].message


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(BUNDLE)

    def refuse(*_args: Any, **_more: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    (submission,) = run(path)
    assert "permission denied" in submission.problems[0].message


@pytest.mark.parametrize("name", ["a.json.gz", "a.json.xz", "a.zip"])
def test_what_inflates_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(inputs, "INFLATED_LIMIT", 100_000)
    packers: dict[str, Callable[[bytes], bytes]] = {
        "a.json.gz": gzip.compress,
        "a.json.xz": lzma.compress,
        "a.zip": zipped("a.json"),
    }
    path = tmp_path / name
    path.write_bytes(packers[name](b" " * 1_000_000 + BUNDLE))
    (submission,) = run(path)
    assert "inflates to more than" in submission.problems[0].message


def test_a_document_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "DOCUMENT_LIMIT", 100)
    path = tmp_path / "a.json"
    path.write_bytes(BUNDLE)
    (submission,) = run(path)
    assert "a JSON document of more than" in submission.problems[0].message
    lines = tmp_path / "a.ndjson"
    lines.write_bytes(json.dumps(PATIENT).encode() + b"\n" + BUNDLE)
    submissions = run(lines)
    assert names(submissions) == ["Patient/p1"]
    assert "line 2 has more than" in submissions[1].problems[0].message


def test_lines_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(LINES)
    submissions = read([str(path)], source="local", terminology=Terminology())
    assert next(submissions).label == f"{path}:1"
