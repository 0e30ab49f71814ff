"""What the Helm chart renders: each role with what it needs, and nothing more."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from helm_chart import (
    CHART,
    VALUES,
    containers,
    of_kind,
    pods,
    rendered,
)

from streamstress.config import Settings, load_settings
from streamstress.stream.addresses import metrics_port
from streamstress.stream.lag import group_of
from streamstress.stream.roles import BUILDERS, WORKERS
from streamstress.wire.topics import TOPICS

pytestmark = pytest.mark.live

EVERY_VALUES = pytest.mark.parametrize("values", [path.name for path in VALUES])


def settings_in(objects: list[Any], folder: Path) -> Settings:
    """The mounted configuration, read as a worker reads it."""
    (path := folder / "streamstress.toml").write_text(
        of_kind(objects, "ConfigMap")[""]["data"]["streamstress.toml"]
    )
    return load_settings(path)


@EVERY_VALUES
def test_the_configuration_is_one_that_workers_accept(values: str, tmp_path: Path):
    settings = settings_in(rendered(values), tmp_path)
    assert settings.metrics.host == settings.web.host == "0.0.0.0"  # noqa: S104 - in a pod
    assert str(settings.run_folder) == "/var/lib/streamstress"
    if values == "full-values.yaml":
        assert [region.name for region in settings.network.regions] == ["north", "south"]
        assert settings.network.zones[1].halo_km == 45.0
        assert settings.kafka.waveform_retention_bytes == 8589934592
        assert settings.ingest.selectors == ["XX.*:HH?", "YY.A*"]
        assert settings.change.false_alarms_per_1e4 == 0.5


@EVERY_VALUES
def test_every_worker_has_a_deployment_a_service_and_probes_on_its_own_port(
    values: str, tmp_path: Path
):
    objects = rendered(values)
    settings = settings_in(objects, tmp_path)
    deployments, services = of_kind(objects, "Deployment"), of_kind(objects, "Service")
    assert set(deployments) - {"fill"} == set(services) == set(WORKERS)
    for role in WORKERS:
        pod = pods(objects)[role]
        (container,) = pod["containers"]
        port = settings.web.port if role == "web" else metrics_port(settings, role)
        assert container["args"][:2] == ["worker", role]
        assert [one["containerPort"] for one in container["ports"]] == [port]
        assert services[role]["spec"]["ports"][0]["port"] == port
        labels = deployments[role]["spec"]["template"]["metadata"]["labels"]
        assert services[role]["spec"]["selector"].items() <= labels.items()
        ready = container["readinessProbe"]["httpGet"]["path"]
        assert ready == ("/healthz" if role == "web" else "/readyz")
        if role != "web":
            assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
            assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


@EVERY_VALUES
def test_no_container_may_write_to_its_image_or_be_root_or_speak_to_kubernetes(values: str):
    for pod in pods(rendered(values)).values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False, "its variables would be taken for settings"
        assert pod["securityContext"]["runAsUser"] > 10_000
        for container in containers(pod):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            mounts = container["volumeMounts"]
            writable = {one["mountPath"] for one in mounts if not one.get("readOnly")}
            assert writable == {"/var/lib/streamstress", "/tmp"}  # noqa: S108 - inside a pod
            assert set(container["resources"]) == {"requests", "limits"}


@EVERY_VALUES
def test_every_volume_is_mounted_and_every_mount_has_its_volume(values: str):
    for role, pod in pods(rendered(values)).items():
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in containers(pod):
            assert {one["name"] for one in container["volumeMounts"]} == volumes, role


@EVERY_VALUES
def test_ingest_is_one_pod_that_is_replaced_and_keeps_its_resume_points(values: str):
    objects = rendered(values)
    ingest = of_kind(objects, "Deployment")["ingest"]["spec"]
    assert ingest["replicas"] == 1
    assert ingest["strategy"] == {"type": "Recreate"}
    claims = of_kind(objects, "PersistentVolumeClaim")
    mounted = {v["name"]: v for v in ingest["template"]["spec"]["volumes"]}["run"]
    assert mounted["persistentVolumeClaim"]["claimName"].endswith("-ingest")
    assert claims["ingest"]["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_store_and_page_share_one_sqlite_file_on_one_node():
    objects = rendered("minimal-values.yaml")
    both = [pods(objects)[role] for role in ("store", "web")]
    volumes = [{volume["name"]: volume for volume in pod["volumes"]} for pod in both]
    claims = [one["run"]["persistentVolumeClaim"] for one in volumes]
    assert claims == 2 * [{"claimName": "crust-streamstress-store"}]
    (together,) = both[1]["affinity"]["podAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert together["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == "store"
    assert of_kind(objects, "Deployment")["store"]["spec"]["strategy"] == {"type": "Recreate"}


def test_with_postgresql_the_address_comes_from_the_secret_and_the_page_may_have_replicas():
    objects = rendered("full-values.yaml")
    assert of_kind(objects, "Deployment")["web"]["spec"]["replicas"] == 2
    assert set(of_kind(objects, "PersistentVolumeClaim")) == {"ingest"}
    for role, pod in pods(objects).items():
        environment = {one["name"]: one for one in pod["containers"][0]["env"]}
        has_url = "STREAMSTRESS_STORE__URL" in environment
        assert has_url is (role in ("store", "web"))


def test_variables_name_real_settings():
    for pod in pods(rendered("full-values.yaml")).values():
        for container in containers(pod):
            for variable in container["env"]:
                name = variable["name"]
                if name.startswith("STREAMSTRESS_"):
                    section, key = name.removeprefix("STREAMSTRESS_").lower().split("__")
                    assert key in Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]


def test_logins_and_certificates_are_files_of_secrets_where_the_settings_look_for_them(
    tmp_path: Path,
):
    objects = rendered("secured-values.yaml")
    settings = settings_in(objects, tmp_path)
    kafka, pod = settings.kafka, pods(objects)["ingest"]
    mounts = {m["name"]: m["mountPath"] for m in pod["containers"][0]["volumeMounts"]}
    files = {
        f"{mounts[volume['name']]}/{item['path']}"
        for volume in pod["volumes"]
        if "secret" in volume
        for item in volume["secret"]["items"]
    }
    wanted = (kafka.sasl_password_file, kafka.ssl_ca_file, kafka.ssl_certificate_file)
    wanted += (kafka.ssl_key_file, settings.ingest.password_file)
    authority = {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}["SSL_CERT_FILE"]
    assert {*map(str, wanted), authority} == files
    assert settings.ingest.tls
    assert "seedlink-auth" not in {v["name"] for v in pods(objects)["pick"]["volumes"]}


@EVERY_VALUES
def test_every_pod_has_one_policy_and_reaches_kafka_through_it(values: str):
    objects = rendered(values)
    policies = of_kind(objects, "NetworkPolicy")
    assert set(policies) == set(pods(objects))
    kafka = {9093} if values in ("keda-values.yaml", "secured-values.yaml") else {9092}
    for role, policy in policies.items():
        ports = {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}
        assert (kafka <= ports) is (role != "web")
        assert (ports & {18000, 18500} != set()) is (role == "ingest")
        assert (5432 in ports) is (values == "full-values.yaml" and role in ("store", "web"))
        budget = of_kind(objects, "PodDisruptionBudget")[role]["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == policy["spec"]["podSelector"]


def test_gaps_are_filled_by_one_more_pod_where_there_is_a_source_and_by_none_without():
    assert "fill" not in pods(rendered("minimal-values.yaml"))
    objects = rendered("fill-values.yaml")
    deployment, pod = of_kind(objects, "Deployment")["fill"]["spec"], pods(objects)["fill"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    (container,) = pod["containers"]
    assert container["args"][:2] == ["fill", "--watch"]
    claims = {v["name"]: v.get("persistentVolumeClaim") for v in pod["volumes"]}
    assert claims["archive"] == {"claimName": "archive", "readOnly": True}
    assert claims["run"] == {"claimName": "crust-streamstress-fill"}
    assert "fill" in of_kind(objects, "PersistentVolumeClaim")
    assert of_kind(objects, "NetworkPolicy")["fill"]["spec"]["ingress"] == []


@pytest.mark.parametrize(
    ("source", "port"),
    [
        ("fdsn:http://service.example", 80),
        ("fdsn:https://service.example", 443),
        ("fdsn:http://service.example:8080/fdsn", 8080),
    ],
)
def test_the_filling_pod_reaches_its_service_alone(source: str, port: int):
    objects = rendered("minimal-values.yaml", f"config.backfill.source={source}")
    rules = of_kind(objects, "NetworkPolicy")["fill"]["spec"]["egress"]
    assert {one["port"] for rule in rules for one in rule["ports"]} == {53, 9092, port}
    assert "archive" not in {volume["name"] for volume in pods(objects)["fill"]["volumes"]}


def test_the_rules_are_those_of_deploy_with_your_own_runbooks():
    rule = of_kind(rendered("full-values.yaml"), "PrometheusRule")[""]
    text = (CHART.parents[1] / "deploy/prometheus/streamstress.rules.yml").read_text()
    alerts = [a for g in yaml.safe_load(text)["groups"] for a in g["rules"]]
    got = [a for g in rule["spec"]["groups"] for a in g["rules"]]
    assert [a["alert"] for a in got] == [a["alert"] for a in alerts]
    assert [a["expr"] for a in got] == [a["expr"] for a in alerts]
    for alert in got:
        assert alert["annotations"]["runbook_url"].startswith("https://wiki.example/streamstress/")
    assert rule["metadata"]["labels"]["release"] == "kube-prometheus-stack"


def test_the_dashboards_are_those_of_the_repository_under_your_label_and_folder():
    shown = of_kind(rendered("full-values.yaml"), "ConfigMap")["dashboards"]
    files = {path.name: path.read_text() for path in CHART.parents[1].glob("dashboards/*.json")}
    assert {name: text.strip() for name, text in (shown["data"] or {}).items()} == {
        name: text.strip() for name, text in files.items()
    }
    assert shown["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert shown["metadata"]["annotations"]["grafana_folder"] == "Crustal stress"
    assert len(str(shown["data"]).encode()) < 1_000_000, "a ConfigMap holds at most 1 MiB"


def test_prometheus_scrapes_every_worker_but_the_page_under_the_job_of_the_rules():
    objects = rendered("full-values.yaml")
    monitor = of_kind(objects, "ServiceMonitor")[""]["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    found = {
        role
        for role, service in of_kind(objects, "Service").items()
        if wanted <= service["metadata"]["labels"].items()
    }
    assert found == set(WORKERS) - {"web"}
    assert monitor["endpoints"][0]["relabelings"] == [
        {"targetLabel": "job", "replacement": "streamstress"}
    ]


def test_keda_scales_by_the_lag_of_the_role_s_own_group_and_topic(tmp_path: Path):
    objects = rendered("keda-values.yaml")
    settings = settings_in(objects, tmp_path)
    scaled = of_kind(objects, "ScaledObject")
    assert set(scaled) == {"pick", "mechanism"}
    read = {t.name: t.read_by for t in TOPICS}
    for role, one in scaled.items():
        trigger = one["spec"]["triggers"][0]["metadata"]
        assert role in BUILDERS
        assert trigger["consumerGroup"] == group_of(settings.kafka.topic_prefix, role)
        assert role in read[trigger["topic"].removeprefix(settings.kafka.topic_prefix)]
        assert (trigger["sasl"], trigger["tls"]) == ("scram_sha512", "enable")
        assert "replicas" not in of_kind(objects, "Deployment")[role]["spec"]
    secrets = of_kind(objects, "TriggerAuthentication")["kafka"]["spec"]["secretTargetRef"]
    assert {one["parameter"] for one in secrets} == {"username", "password", "ca"}
    assert of_kind(rendered("minimal-values.yaml"), "ScaledObject") == {}
