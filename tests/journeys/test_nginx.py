"""The nginx of docs/operations.md, as it stands there, before the processes that its lines start."""

import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from django.db import connection

from dashboard.accounts.services import issue_key
from tests.journeys.raw import connected, head
from tests.journeys.system import ROOT, eventually, free_port
from tests.journeys.web_process import environment_of
from tests.serving.conftest import add_catalog

pytestmark = [
    pytest.mark.journey,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx on this machine"),
    pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with"),
]
TEXT = (Path(ROOT) / "docs" / "operations.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```nginx\n(.*?)```", TEXT, re.DOTALL)[1]
COMMANDS = re.findall(r"^OMP_NUM_THREADS=1 (python -m dashboard\.standalone\.(?:web|pages) .*)$", TEXT, re.MULTILINE)
EVENTS, SLATES = "/api/v1/events", "/api/v1/recommendations"


@contextmanager
def running(command, log, **named):
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **named)
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def configuration(folder, port, serving, pages):
    """The example, with our ports and a certificate of our own, in what stands around it on a system."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=forage.example.com"]
    subprocess.run([*words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = EXAMPLE
    for theirs, ours in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/forage.pem": str(certificate),
        "/etc/ssl/forage.key": str(key),
        "127.0.0.1:8001": f"127.0.0.1:{serving}",
        "127.0.0.1:8002": f"127.0.0.1:{pages}",
    }.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    identity = "user root;\n" if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(
        f"{identity}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{text}}}\n"
    )
    return path


@pytest.fixture
def site(tmp_path):
    """A client of the whole, by TLS."""
    at = connection.settings_dict
    environment = {
        **environment_of(tmp_path, f"{at['HOST']}:{at['PORT']}", os.environ["REDIS_URL"]),
        "OMP_NUM_THREADS": "1",
        "TRUSTED_PROXY_COUNT": "1",
        "ALLOWED_HOSTS": "forage.example.com",
    }
    port, serving, pages = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        for command, documented, ours in zip(COMMANDS, ("8001", "8002"), (serving, pages), strict=True):
            assert documented in command
            words = [sys.executable, *shlex.split(command.replace(documented, str(ours)))[1:]]
            stack.enter_context(running(words, tmp_path / f"{documented}.log", cwd=ROOT, env=environment))
        nginx = ["nginx", "-p", str(tmp_path), "-c", str(configuration(tmp_path, port, serving, pages))]
        stack.enter_context(running(nginx, tmp_path / "nginx.log"))
        client = stack.enter_context(
            httpx.Client(
                base_url=f"https://127.0.0.1:{port}",
                verify=False,  # noqa: S501  its certificate is our own
                headers={"Host": "forage.example.com"},
                timeout=30,
            )
        )
        eventually(lambda: answers(client))
        yield client


def answers(client):
    with suppress(httpx.TransportError):
        return (client.get("/readyz").is_success and client.get("/sign-in/").is_success) or None


@contextmanager
def half_sent(client, count):
    """So many connections that announced a body by TLS and send none of it."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    text = head(
        "POST", EVENTS, "Host: forage.example.com", "Content-Type: application/json", "Content-Length: 90000", "", "{"
    ).replace("Host: 127.0.0.1\r\n", "")
    with ExitStack() as stack:
        for _ in range(count):
            link = stack.enter_context(trusting.wrap_socket(stack.enter_context(connected(str(client.base_url)))))
            link.sendall(text.encode())
        yield


def test_what_the_example_promises_holds(site, shop):
    add_catalog(shop)
    key = {"Authorization": f"Bearer {issue_key(shop=shop, kind='pk').plain}"}

    def sent(event_id):
        event = {"event_id": event_id, "type": "view_item", "visitor_id": "v", "item_id": "spade"}
        return site.post(EVENTS, json={"events": [event]}, headers=key).json()

    assert sent("one")["accepted"] == 1
    slate = site.post(SLATES, json={"placement": "home", "visitor_id": "v"}, headers=key).json()
    assert slate["items"]
    assert site.get("/api/v1/schema").json()["openapi"].startswith("3.1")
    assert site.post(EVENTS, content=b"x" * 1_100_000, headers=key).status_code == 413
    assert site.get("/metrics").status_code == 403  # a proxy speaks for somebody elsewhere
    assert site.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400
    with half_sent(site, 20):
        for number in range(6):
            assert sent(f"beside-{number}-{time.monotonic_ns()}")["accepted"] == 1
            assert site.get("/sign-in/").status_code == 200
