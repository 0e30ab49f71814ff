"""The compose file and the Dockerfile speak of roles, ports, settings and files that exist."""

import re
import runpy
from pathlib import Path

import pytest
import yaml
from compose_file import DEPLOY, binds, services

from streamstress.cli.configuration import check_sentence
from streamstress.config import Settings, load_settings
from streamstress.stream.addresses import metrics_port
from streamstress.stream.roles import WORKERS

ROOT = DEPLOY.parent


def settings() -> Settings:
    return load_settings(DEPLOY / "compose" / "streamstress.toml")


def test_the_configuration_of_compose_is_good():
    assert "good. 3 stations" in check_sentence(DEPLOY / "compose" / "streamstress.toml")
    assert settings().kafka.bootstrap_servers == "kafka:9092"


def test_every_role_is_a_service_that_is_asked_on_its_own_port():
    for role in WORKERS:
        service = services()[role]
        port = settings().web.port if role == "web" else metrics_port(settings(), role)
        assert service["command"][:2] == ["worker", role]
        assert service["environment"]["HEALTH_URL"] == f"http://127.0.0.1:{port}/healthz"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def test_every_mounted_path_exists():
    mounted = [path for service in services().values() for path in binds(service).values()]
    assert len(mounted) > len(WORKERS)
    assert [path for path in mounted if not path.exists()] == []


def test_every_volume_is_declared_and_used():
    named = {
        volume.split(":")[0]
        for service in services().values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert named == set(yaml.safe_load((DEPLOY / "compose.yaml").read_text())["volumes"])


def test_variables_name_real_settings():
    for service in services().values():
        for name in service.get("environment", {}):
            if name.startswith("STREAMSTRESS_"):
                section, key = name.removeprefix("STREAMSTRESS_").lower().split("__")
                assert key in Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]


def test_results_and_resume_points_outlive_the_containers():
    run_folder = str(settings().run_folder)
    kept = {
        role: volume.split(":")[0]
        for role in WORKERS
        for volume in services()[role].get("volumes", [])
        if volume.split(":")[1] == run_folder
    }
    assert kept == {"ingest": "resume-points", "store": "results", "web": "results"}


def test_only_this_host_reaches_the_ports():
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_image_has_a_version():
    for name, service in services().items():
        assert re.search(r":[\w.-]*\d", service["image"]), name


def test_prometheus_asks_every_worker_and_alertmanager_and_reads_the_rules_where_they_are():
    config = yaml.safe_load((DEPLOY / "compose" / "prometheus.yml").read_text())
    (scraped,) = config["scrape_configs"]
    assert scraped["job_name"] == "streamstress"
    assert scraped["static_configs"][0]["targets"] == [
        f"{role}:{metrics_port(settings(), role)}" for role in WORKERS if role != "web"
    ]
    (rules,) = config["rule_files"]
    assert [path for path in binds(services()["prometheus"]) if Path(path).match(rules)]
    assert services()["alertmanager"]["ports"] == ["127.0.0.1:9093:9093"]


def test_grafana_finds_its_prometheus_and_the_dashboards():
    provisioning = binds(services()["grafana"])["/etc/grafana/provisioning"]
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    assert source["isDefault"]
    (provider,) = yaml.safe_load((provisioning / "dashboards/streamstress.yml").read_text())[
        "providers"
    ]
    assert binds(services()["grafana"])[provider["options"]["path"]] == ROOT / "dashboards"


@pytest.mark.parametrize("name", ["src", "pyproject.toml", "requirements.lock"])
def test_the_image_s_context_has_what_is_copied(name: str):
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text()
    assert f"!{name}\n" in ignored


def test_the_image_copies_only_what_its_context_has():
    allowed = re.findall(r"^!(.*)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(
        r"^COPY (?!--from)(.*) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE
    )
    names = [name for line in copied for name in line.split()]
    assert set(names) == set(allowed)
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_what_the_image_drops_is_what_only_developers_need():
    generator = runpy.run_path(str(DEPLOY / "closure.py"))
    assert (DEPLOY / "development.txt").read_text() == generator["text"](), (
        "run: python deploy/closure.py"
    )


def test_the_image_runs_as_the_user_of_the_chart():
    users = re.findall(r"^USER (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["10001:10001"]
    pod = (ROOT / "helm/streamstress/templates/deployment.yaml").read_text()
    assert "runAsUser: 10001" in pod
