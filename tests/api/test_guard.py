"""Headers on every answer, requests that come from elsewhere, exceptions that nobody foresaw."""

from __future__ import annotations

import pytest

from kgtwin.api.app import create_app
from kgtwin.api.guard import SAFETY
from tests.api.conftest import Client, client_of
from tests.api.fake import FakeService, as_service

PATHS = [
    "/",
    "/graphql",
    "/health/live",
    "/health/ready",
    "/nowhere",
    "/sparql",
    "/cypher",
    "/fhir",
    "/static/kgtwin.css",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_that_it_is_not_validated_and_is_locked_down(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["x-kgtwin-safety"] == SAFETY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/static/no.js", 404), ("DELETE", "/graphql", 405), ("PUT", "/cypher", 405)],
)
def test_errors_of_http_have_the_shape_of_every_error(client: Client, method: str, path: str, status: int) -> None:
    answer = client.send(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert {"code", "message", "remedy"} <= set(answer.json()["error"])
    if status == 405:
        assert "POST" in answer.headers["allow"]


def test_static_files_do_not_leave_their_folder(client: Client) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_on_another_site_cannot_write(client: Client, fake: FakeService, site: str) -> None:
    headers = {"content-type": "application/fhir+json", "sec-fetch-site": site}
    answer = client.post("/fhir", content=b"{}", headers=headers)
    assert (answer.status_code, fake.submitted) == (403, [])
    assert answer.json()["resourceType"] == "OperationOutcome"
    headers["sec-fetch-site"] = "same-origin"
    assert client.post("/fhir", content=b"{}", headers=headers).status_code != 403


def test_a_name_that_resolves_here_is_not_enough(fake: FakeService) -> None:
    app = create_app(as_service(fake), hosts={"localhost", "127.0.0.1", "::1"})
    with client_of(app) as client:
        for host, status in [
            ("127.0.0.1:8000", 200),
            ("localhost", 200),
            ("[::1]:8000", 200),
            ("evil.example", 403),
            ("127.0.0.1.evil.example:8000", 403),
            ("", 403),
        ]:
            answer = client.send("GET", "/health/live", headers={"host": host})
            assert answer.status_code == status, host


def test_an_exception_is_masked_and_logged_without_what_it_says(
    client: Client, fake: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("Ottiline Quagmirex")

    fake.submit = broken  # type: ignore[method-assign,assignment]
    fake.cypher = broken  # type: ignore[method-assign,assignment]
    answer = client.post("/cypher", json={"query": "RETURN 1"})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert answer.headers["x-kgtwin-safety"] == SAFETY
    assert answer.json()["error"]["message"].split()[-1] in caplog.text
    assert "Quagmirex" not in caplog.text + answer.text
