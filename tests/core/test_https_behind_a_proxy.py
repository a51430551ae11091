"""A proxy that ends TLS says so; without one nobody is believed."""

import os
import subprocess
import sys

import pytest

ASK = """
import django
django.setup()
from django.test import Client
print(Client().get("/healthz", headers={"X-Forwarded-Proto": "https", "Host": "localhost"}).status_code)
"""


@pytest.mark.parametrize(("proxies", "status"), [("1", "200"), ("0", "301")])
def test_pages_for_https_only_are_redirected_unless_a_trusted_proxy_had_https(proxies, status):
    environment = {**os.environ, "HTTPS_ONLY": "1", "TRUSTED_PROXY_COUNT": proxies, "DEBUG": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    found = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, env=environment, timeout=120)
    assert found.stdout.strip() == status, found.stderr
