"""Dockerfile, docker-compose.yml and .env.example: everything they name exists."""

import importlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.beat import beat
from celery.bin.worker import worker
from django.core.management import get_commands
from gunicorn.config import Config

from tests.running import ROOT

pytestmark = pytest.mark.once

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
PROGRAMS = Path(sys.executable).parent
CELERY = {"worker": worker, "beat": beat}


def instructions() -> list[tuple[str, str, str]]:
    """Return the Dockerfile as (stage, keyword, arguments)."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stage, found = "", []
    for line in filter(str.strip, text.splitlines()):
        keyword, _, arguments = line.partition(" ")
        if keyword == "FROM":
            stage = arguments.split(" AS ")[1]
        found.append((stage, keyword, arguments.strip()))
    return found


DOCKERFILE = instructions()


def of(stage: str, keyword: str) -> list[str]:
    return [arguments for where, what, arguments in DOCKERFILE if (where, what) == (stage, keyword)]


def command_of(service: dict[str, Any]) -> list[str]:
    command: list[str] = service.get("command") or json.loads(of("run", "CMD")[0])
    return command


def single_commands(command: list[str]) -> list[list[str]]:
    """Return the programs a command runs, one list of words each; `sh -c` may hold several."""
    if command[:2] == ["sh", "-c"]:
        return [shlex.split(part) for part in command[2].split("&&")]
    return [command]


OUR_COMMANDS = [
    pytest.param(words, id=f"{name}: {' '.join(words[:3])}")
    for name, service in OURS.items()
    for words in single_commands(command_of(service))
    + [test[1:] for test in [service["healthcheck"].get("test")] if test]
]


def settings_variables() -> set[str]:
    """Return every variable the settings read."""
    sources = "".join((ROOT / "config" / name).read_text() for name in ("settings.py", "env.py"))
    return set(re.findall(r"(?:env\.)?(?:text|flag|number|words)\(\"([A-Z_]+)\"", sources))


def example_variables() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def compose_variables() -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))


def test_the_example_lists_exactly_what_is_read() -> None:
    assert example_variables() == settings_variables() | compose_variables()


@pytest.mark.parametrize("words", OUR_COMMANDS)
def test_a_command_starts_a_program_that_is_installed(words: Any) -> None:
    assert (PROGRAMS / words[0]).exists()


@pytest.mark.parametrize("words", OUR_COMMANDS)
def test_a_command_names_something_that_exists(words: Any) -> None:
    match words:
        case ["python", "manage.py", command, *_]:
            assert command in get_commands()
        case ["gunicorn", module, *options]:
            assert callable(importlib.import_module(module).application)
            Config().parser().parse_args(options)
        case ["celery", "-A", module, part, *options]:
            assert importlib.import_module(module).celery_app.main == "coursekeeper"
            known = {name for parameter in CELERY[part].params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert {option.partition("=")[0] for option in options} - known == set()
        case _:
            pytest.fail(f"unknown program {words}")


def test_there_is_one_container_of_each_part() -> None:
    assert set(SERVICES) == {"db", "redis", "migrate", "web", "worker", "beat", "mail"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_built_from_a_stage_of_the_dockerfile(name: str) -> None:
    assert OURS[name]["build"] == {"context": ".", "target": "run"}
    assert of("run", "CMD") != []


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_variables_the_settings_read(name: str) -> None:
    assert set(OURS[name]["environment"]) - settings_variables() == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened(name: str) -> None:
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )
    assert service["user"].split(":")[0] not in ("0", "root")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_a_service_has_a_health_check(name: str) -> None:
    assert {"test", "interval", "timeout", "retries"} - set(SERVICES[name]["healthcheck"]) == set()


def test_migrate_runs_once_before_the_others() -> None:
    assert (SERVICES["migrate"]["restart"], SERVICES["migrate"]["healthcheck"]) == ("no", {"disable": True})
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_services_that_exist(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) - set(SERVICES) == set()


def test_the_published_port_is_the_one_gunicorn_binds() -> None:
    published = SERVICES["web"]["ports"][0].rpartition(":")[2]
    bound = re.findall(r"--bind=0\.0\.0\.0:(\d+)", of("run", "CMD")[0])

    assert [published] == of("run", "EXPOSE") == [SERVICES["web"]["environment"]["PORT"]] == bound


def test_the_database_address_fits_the_database_service() -> None:
    database = SERVICES["db"]["environment"]

    assert SERVICES["web"]["environment"]["DATABASE_URL"] == (
        f"postgres://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}@db:5432/{database['POSTGRES_DB']}"
    )


def test_the_queue_is_written_to_disk_and_never_evicted() -> None:
    assert SERVICES["redis"]["command"] == (
        ["redis-server", "--appendonly", "yes", "--maxmemory", "128mb", "--maxmemory-policy", "noeviction"]
    )


def test_every_volume_is_declared() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert used == set(COMPOSE["volumes"])


def test_the_mail_catcher_starts_in_development_only() -> None:
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {
        "mail": ["dev"]
    }


def test_the_image_has_two_stages_and_runs_as_nobody_in_particular() -> None:
    assert [stage for stage, keyword, _ in DOCKERFILE if keyword == "FROM"] == ["build", "run"]
    assert of("run", "USER") == ["10001:10001"]


def test_the_image_checks_its_own_health() -> None:
    words = json.loads(of("run", "HEALTHCHECK")[0].partition("CMD ")[2])

    assert words == SERVICES["web"]["healthcheck"]["test"][1:]


def test_what_the_image_copies_exists_and_is_sent() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    sources = [arguments.split()[0] for arguments in of("build", "COPY")]

    assert [source for source in sources if not (ROOT / source).exists()] == []
    for needed in ("manage.py", "config", "requirements", "clinic", "frontdesk"):
        assert not any(fnmatch(needed, pattern) for pattern in ignored), needed
    assert {".env", "var", ".git"} - set(ignored) == set()


def test_the_image_collects_static_files_under_production_settings() -> None:
    collecting = [arguments for arguments in of("build", "RUN") if "collectstatic" in arguments]

    assert len(collecting) == 1
    assert set(re.findall(r"\b([A-Z_]+)=", collecting[0])) - settings_variables() == set()


def test_docker_compose_reads_the_file(tmp_path: Path) -> None:
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("docker compose is not installed here; the other tests of this file read it without")
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text().replace("PASSWORD=", "PASSWORD=secret"))

    read = subprocess.run(
        ["docker", "compose", "--profile", "dev", "config", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (read.returncode, read.stderr) == (0, "")
