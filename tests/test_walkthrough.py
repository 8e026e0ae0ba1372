"""The walkthrough of one patient: its commands run in their order, and answer what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kgtwin.vocabulary import NOT_VALIDATED
from tests.cli.conftest import Run, run, store

__all__ = ["run", "store"]
ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "walkthrough.md"
LEFT_OUT = "…"
HEREDOC = re.compile(r"<<'(\w+)'$")


class Shown(NamedTuple):
    """A fence of commands, and what the page says that they answer."""

    commands: tuple[str, ...]
    answer: tuple[str, ...]


def shown() -> Iterator[Shown]:
    """The fences of the page in their order; an answer follows its commands."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for number, (kind, text) in enumerate(fences):
        if kind == "bash":
            following = fences[number + 1] if number + 1 < len(fences) else ("bash", "")
            yield Shown(tuple(commands(text)), tuple(following[1].splitlines()) if following[0] == "" else ())


def commands(text: str) -> Iterator[str]:
    """The commands of a fence, each with the document that is given to it."""
    lines = iter(text.splitlines())
    for line in lines:
        opened = HEREDOC.search(line)
        command = [line]
        if opened:
            for inner in lines:
                command.append(inner)
                if inner == opened.group(1):
                    break
        yield "\n".join(command)


def difference(expected: tuple[str, ...], got: list[str]) -> str | None:
    """The first line of a page that an output does not have in its place; None where the page is right.

    A line that is ``…`` stands for any lines, one within a line for any text of it.
    """
    place, free = 0, False
    for line in expected:
        if line.strip() == LEFT_OUT:
            free = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split(LEFT_OUT)))
        while free and place < len(got) and not pattern.fullmatch(got[place]):
            place += 1
        if place >= len(got) or not pattern.fullmatch(got[place]):
            return line
        place, free = place + 1, False
    rest = [line for line in got[place:] if line]
    return None if free or not rest else f"left out without a mark: {rest[0]}"


def test_the_page_shows_what_its_commands_answer(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("samples", "ontologies", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    for step in shown():
        said: list[str] = []
        for command in step.commands:
            words = shlex.split(os.path.expandvars(command)) if command.startswith(("kgtwin ", "export ")) else []
            if words[:1] == ["export"]:
                monkeypatch.setenv(*words[1].split("=", 1))
            elif words:
                done = run(*words[1:])
                assert done.code == 0, (command, done.err)
                said += done.out.removesuffix(f"{NOT_VALIDATED}\n").rstrip("\n").splitlines()
            else:
                subprocess.run(["bash", "-ec", command], check=True)
        if step.answer:
            wrong = difference(step.answer, said)
            assert wrong is None, (step.commands, wrong, "\n".join(said))


def test_every_output_has_its_commands() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(re.findall(r"^```$\n(?=\S)", text, re.MULTILINE)) >= len([one for one in shown() if one.answer]) > 15
    lengths = [len(line) for one in shown() for line in one.answer]
    assert max(lengths) < 260


@pytest.mark.parametrize(
    ("expected", "got", "right"),
    [
        (("a", "c"), ["a", "b", "c"], False),
        (("a", "…", "c"), ["a", "b", "c"], True),
        (("a",), ["a", "b"], False),
        (("a", "…"), ["a", "b"], True),
        (("a … c",), ["a b c"], True),
        (("a … c",), ["a b d"], False),
        (("…", "b", "a"), ["a", "b"], False),
        (("a (b)",), ["a b"], False),
    ],
)
def test_the_comparison_can_fail(expected: tuple[str, ...], got: list[str], right: bool) -> None:
    assert (difference(expected, got) is None) is right
