"""Pages for people open offline: they name nothing outside this server."""

from __future__ import annotations

import re

import pytest

from kgtwin.api.pages import STATIC
from kgtwin.vocabulary import NOT_VALIDATED
from tests.api.conftest import Client

REFERENCE = re.compile(r"""(?:src|href)\s*=\s*["']?([^"'\s>]*)""")
URL = re.compile(r"url\(\s*[\"']?([^\"')]{0,40})")


@pytest.mark.parametrize("path", ["/", "/graphql"])
def test_pages_show_the_safety_statement_and_load_only_from_here(client: Client, path: str) -> None:
    answer = client.get(path, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert answer.status_code == 200
    assert NOT_VALIDATED in answer.text
    assert "{{" not in answer.text
    references = REFERENCE.findall(answer.text)
    assert references
    for reference in references:
        assert reference == "data:," or re.fullmatch(r"/[a-z0-9./-]*", reference), reference
        if reference.startswith("/"):
            assert client.get(reference).status_code == 200, reference
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "<script>" not in answer.text, "scripts are files: the policy lets no other run"


def test_styles_load_nothing() -> None:
    for path in STATIC.glob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "@import" not in text
        assert all(found.startswith(("data:", "#")) for found in URL.findall(text)), path.name


def test_scripts_are_complete_and_small() -> None:
    sizes = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert {"graphiql.min.js", "graphiql.min.css", "react.production.min.js", "react-dom.production.min.js"} <= set(
        sizes
    )
    assert sum(sizes.values()) < 2_500_000
    assert "sourceMappingURL" not in (STATIC / "graphiql.min.js").read_text(encoding="utf-8")


def test_licences_are_beside_what_they_cover() -> None:
    readme = (STATIC / "README.md").read_text(encoding="utf-8")
    for path in STATIC.glob("*.min.*"):
        assert f"`{path.name}`" in readme
    for name in ("LICENSE.graphiql", "LICENSE.react"):
        assert "MIT License" in (STATIC / name).read_text(encoding="utf-8")
