"""Pages for people. They load nothing from elsewhere: hospitals are often offline."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from kgtwin import __version__
from kgtwin.vocabulary import NOT_VALIDATED

STATIC: Final = Path(__file__).with_name("static")
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""GraphiQL's editor sets styles on its elements; scripts come from files of ours alone."""


def static_files() -> StaticFiles:
    """The vendored assets."""
    return StaticFiles(directory=STATIC)


def graphiql() -> HTMLResponse:
    """GraphiQL over ``/graphql``."""
    return _page("graphiql.html")


def home() -> HTMLResponse:
    """What is here, in one screen."""
    return _page("home.html")


def _page(name: str) -> HTMLResponse:
    text = (STATIC / name).read_text(encoding="utf-8")
    text = text.replace("{{version}}", escape(__version__)).replace("{{safety}}", escape(NOT_VALIDATED))
    return HTMLResponse(text, headers={"Content-Security-Policy": _CSP})
