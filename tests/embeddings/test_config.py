"""Training configurations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgtwin.embeddings.config import (
    ConceptTable,
    Edges,
    Nodes,
    Relation,
    Split,
    Target,
    TrainConfig,
    read_config,
)
from kgtwin.errors import EmbeddingError

ROOT = Path(__file__).parents[2]
GOOD = """
name = "n"
triples = { path = "g.tsv" }
targets = [{ relation = "t" }]
"""
RELATION = '[[relations]]\nname = "{}"\nsource = "s"\nlicence = "CC0-1.0"\nurl = "https://example.org"\n{}\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(text)
    return path


def test_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, GOOD + RELATION.format("t", "") + RELATION.format("u", "keep = false")))
    assert config.triples.path == tmp_path / "g.tsv"
    assert (config.kept, config.dropped) == (["t"], ["u"])
    assert config.targets[0].name == "t"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "epoch = 3", r"unknown field `epoch`"),
        (GOOD + "epochs = 'many'", r"Expected `int`, got `str` - at `\$.epochs`"),
        (GOOD.replace("path", "paths"), r"unknown field `paths` - at `\$.triples`"),
        (GOOD.replace('name = "n"', ""), r"missing required field `name`"),
        (GOOD + "model = 'TransX'", r"model: 'TransX' is not known; expected one of \['ComplEx'"),
        (GOOD + "dim = 0", r"dim: not above zero"),
        (GOOD + "split = { valid = 0.5, test = 0.5 }", "leave nothing to train on"),
        (GOOD + "split = { valid = 0.0, test = 0.5 }", "a share is not above zero"),
        (GOOD.replace('"t" }', '"t", prior = 1.0 }'), "a prior is not a share"),
        (GOOD.replace('[{ relation = "t" }]', "[]"), "targets: none given"),
        (GOOD + RELATION.format("u", ""), "targets: t is not a kept relation"),
        (GOOD + RELATION.format("t", "") * 2, "a name stands twice"),
        (GOOD + RELATION.format("t", 'status = "sure"'), r"\$\.relations\[0\]\.status"),
        ("name = ", r"c\.toml"),
    ],
)
def test_a_wrong_configuration_names_the_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EmbeddingError, match=said) as caught:
        read_config(write(tmp_path, text))
    assert "c.toml" in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="cannot be read: No such file"):
        read_config(tmp_path / "none.toml")


def test_the_documented_configuration_is_read_and_names_every_field(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "embeddings.md").read_text()
    text = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert text
    assert read_config(write(tmp_path, text.group(1))).name == "mine"
    for part in (TrainConfig, Edges, Nodes, Target, Relation, ConceptTable, Split):
        for field in part.__struct_fields__:
            assert re.search(rf"\b{field}\b", text.group(1)), f"{part.__name__}.{field} is not documented"


def test_the_shipped_configurations_are_read() -> None:
    folder = ROOT / "kgtwin" / "embeddings" / "configs"
    configs = [read_config(path) for path in folder.glob("*.toml")]
    assert [config.name for config in configs] == ["hetionet-open"]
