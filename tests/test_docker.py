"""The image and the compose file follow their rules; no container engine is needed to check that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgtwin import __version__

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILT_HERE = f"kgtwin:{__version__}"


def instructions(word: str) -> list[str]:
    """The arguments of every such instruction, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return re.findall(rf"^{word} (.+)$", text, re.MULTILINE)


def images() -> list[str]:
    return [line.split()[0] for line in instructions("FROM")] + [one["image"] for one in SERVICES.values()]


@pytest.mark.parametrize("image", images())
def test_images_are_pinned_to_a_patch_version(image: str) -> None:
    assert image == BUILT_HERE or re.fullmatch(r"[\w/.-]+:\d+\.\d+\.\d+-[\w-]+", image)


def test_image_runs_as_an_ordinary_user() -> None:
    assert instructions("USER")[-1] == "10001:10001"


def test_image_installs_by_hash_and_without_torch() -> None:
    assert any("--require-hashes -r requirements/base.txt" in line for line in instructions("RUN"))
    assert "torch" not in DOCKERFILE


def test_image_copies_what_exists_and_ignores_the_rest() -> None:
    sources = [s for line in instructions("COPY") if not line.startswith("--from") for s in line.split()[:-1]]
    ignore = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == set(sources)


def test_image_says_whether_it_is_well() -> None:
    assert '["python", "-c"' in instructions("HEALTHCHECK")[0]


def test_binding_beyond_loopback_is_said_aloud() -> None:
    command = instructions("CMD")[-1]
    assert ("0.0.0.0" in command) == ("--insecure-bind" in command)


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_loopback_only(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service]["ports"])


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_confined_and_checked(service: str) -> None:
    told = SERVICES[service]
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert told["healthcheck"]["test"][0] == "CMD"
    assert "privileged" not in told
    assert told.get("network_mode") is None


def test_kgtwin_has_a_read_only_root_and_no_capability() -> None:
    assert SERVICES["kgtwin"]["read_only"] is True
    assert "cap_add" not in SERVICES["kgtwin"]
    assert SERVICES["kgtwin"]["image"] == BUILT_HERE


def test_volumes_are_declared() -> None:
    used = {mount.partition(":")[0] for one in SERVICES.values() for mount in one["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_the_password_comes_from_a_file_that_is_not_in_the_repository() -> None:
    for service in SERVICES.values():
        passwords = [value for key, value in service["environment"].items() if "PASSWORD" in key or "AUTH" in key]
        assert passwords
        assert all("${KGTWIN_NEO4J_PASSWORD:?" in value for value in passwords)
    assert (ROOT / "docker" / "env.example").read_text(encoding="utf-8").strip().endswith("KGTWIN_NEO4J_PASSWORD=")
    assert "docker/.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
