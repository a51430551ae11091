"""What deploy/ holds passes the checkers of its kinds, and names commands and addresses that Forage has."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from django.conf import settings
from django.urls import resolve

from dashboard.core import jobs

DEPLOY = Path(settings.BASE_DIR) / "deploy"
DOCUMENTED = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text(encoding="utf-8")
BASE = DEPLOY / "kubernetes" / "base"
ENVIRONMENT = {"SECRET_KEY": "s", "POSTGRES_PASSWORD": "p", "FORAGE_PASSWORD": "f", "ALLOWED_HOSTS": "localhost"}


def checked(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def documents():
    """(file, its document) of every manifest of the base."""
    for path in sorted(BASE.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path.name, document


def containers():
    for name, document in documents():
        if document["kind"] in ("Deployment", "Job"):
            (container,) = document["spec"]["template"]["spec"]["containers"]
            yield name, container


def test_the_dockerfile_passes_hadolint():
    hadolint = Path(sys.executable).with_name("hadolint")
    checked(str(hadolint), "--failure-threshold", "warning", str(DEPLOY / "Dockerfile"))


def test_the_dockerfile_starts_what_there_is():
    said = (DEPLOY / "Dockerfile").read_text()
    (command,) = re.findall(r"^CMD (\[.*\])$", said.replace("\\\n", ""), re.MULTILINE)
    words = json.loads(command)
    assert words[:3] == ["python", "-m", "dashboard.standalone.web"]
    assert words[-1] == settings.WSGI_APPLICATION.replace(".application", ":application")


def test_compose_reads_its_file_and_every_service_has_what_it_depends_on():
    found = _composed()
    services = found["services"]
    for name, service in services.items():
        depends = service.get("depends_on", {})
        assert set(depends) <= set(services), name
    queues = {service["command"][service["command"].index("--queues") + 1]
              for service in services.values() if "--queues" in (service.get("command") or [])}  # fmt: skip
    assert queues == set(jobs.QUEUES)
    assert services["worker-train"]["environment"]["DATABASE_URL"].startswith("postgres://forage:")


def _composed():
    """By Docker's own reader where there is one, otherwise as YAML with its anchors."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        file = str(DEPLOY / "compose.yaml")
        return json.loads(checked(docker, "compose", "-f", file, "config", "--format", "json", **ENVIRONMENT))
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_the_database_of_compose_gives_forage_a_role_that_obeys_row_policies():
    checked("sh", "-n", str(DEPLOY / "postgres-role.sh"))
    assert "NOSUPERUSER NOBYPASSRLS" in (DEPLOY / "postgres-role.sh").read_text()


def test_the_front_of_compose_sends_what_the_documented_one_sends_to_the_same_processes():
    documented = re.search(r"```nginx\n(.*?)```", DOCUMENTED, re.DOTALL)[1]
    assert _locations((DEPLOY / "nginx.conf").read_text()) == _locations(documented)


def _locations(text):
    found = re.findall(r"location (= )?(\S+) {[^}]*proxy_pass http://(\w+);", text)
    assert len(found) > 3
    return {(exact, path, where) for exact, path, where in found}


def test_the_units_pass_systemd(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd on this machine")
    _installed(tmp_path)
    units = [str(path) for path in sorted(tmp_path.iterdir()) if path.suffix in (".service", ".target")]
    instances = [unit.replace("@.service", f"@{queue}.service") for unit in units for queue in jobs.QUEUES]
    done = subprocess.run(
        [analyze, "verify", "--man=no", *dict.fromkeys(instances)],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "forage" in line]
    assert (done.returncode, complaints) == (0, [])


def _installed(folder):
    """As they would lie on a host, with the Python, the sources and the user of this machine."""
    shutil.copytree(DEPLOY / "systemd", folder, dirs_exist_ok=True)
    for path in folder.rglob("*"):
        if path.suffix in (".service", ".conf"):
            text = path.read_text().replace("/opt/forage/.venv/bin/python", sys.executable)
            path.write_text(text.replace("/opt/forage", str(settings.BASE_DIR)))


def test_the_units_start_what_there_is():
    for path in (DEPLOY / "systemd").rglob("*"):
        for module in re.findall(r"-m (dashboard\.\S+)", path.read_text() if path.is_file() else ""):
            assert (Path(settings.BASE_DIR) / f"{module.replace('.', '/')}.py").exists(), path


def test_every_manifest_passes_the_schemas_of_kubernetes():
    version = kubernetes_validate.latest_version()
    for name, document in documents():
        if document["kind"] != "Kustomization":
            kubernetes_validate.validate(document, version, strict=True)
            assert document["metadata"]["name"].startswith("forage"), name


def test_kustomization_names_every_file_and_no_other():
    named = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    assert sorted(named) == sorted(path.name for path in BASE.glob("*.yaml") if path.name != "kustomization.yaml")


def test_kustomize_builds_the_base():
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl on this machine")
    built = list(yaml.safe_load_all(checked(kubectl, "kustomize", str(BASE))))
    images = {container["image"] for document in built if document["kind"] == "Deployment"
              for container in document["spec"]["template"]["spec"]["containers"]}  # fmt: skip
    assert {image.rpartition(":")[0] for image in images} == {
        "registry.example.com/forage",
        "registry.example.com/forage-train",
    }


def test_containers_are_unprivileged_and_bounded():
    found = list(containers())
    assert len(found) > 5
    for name, container in found:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
        assert "memory" in container["resources"]["limits"], name


def test_probes_and_ways_in_are_addresses_that_forage_answers():
    probes = {container[probe]["httpGet"]["path"] for _, container in containers()
              for probe in ("livenessProbe", "readinessProbe") if probe in container}  # fmt: skip
    (ingress,) = (document for _, document in documents() if document["kind"] == "Ingress")
    paths = {path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}
    for path in probes | paths:
        assert resolve(path), path


def test_scaling_follows_a_metric_that_forage_tells_and_deployments_that_there_are():
    from dashboard.api import exposition

    names = {document["metadata"]["name"] for _, document in documents() if document["kind"] == "Deployment"}
    told = Path(exposition.__file__).read_text()
    for _, document in documents():
        if document["kind"] != "HorizontalPodAutoscaler":
            continue
        assert document["spec"]["scaleTargetRef"]["name"] in names
        for metric in document["spec"]["metrics"]:
            if metric["type"] == "External":
                assert metric["external"]["metric"]["name"] in told
                assert metric["external"]["metric"]["selector"]["matchLabels"]["queue"] in jobs.QUEUES
