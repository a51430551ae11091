"""forage.js as a file: small, safe by construction, and served so that pages of any shop can keep it."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

SNIPPET = Path(settings.BASE_DIR, "dashboard", "static", "forage.js")


def test_it_is_at_most_6_kb_compressed():
    assert len(gzip.compress(SNIPPET.read_bytes(), mtime=0)) <= 6 * 1024


@pytest.mark.parametrize("word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "cookie"])
def test_it_uses_nothing_that_a_strict_policy_forbids(word):
    code = re.sub(r"/\*.*?\*/|(?m://.*$)", "", SNIPPET.read_text(), flags=re.S)
    assert word not in code


@pytest.fixture
def served(settings):
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True

    def serve(path):
        return WhiteNoiseMiddleware(lambda request: HttpResponse(status=404), settings)(RequestFactory().get(path))

    return serve


def test_it_is_kept_for_a_day_by_pages_of_every_origin(served):
    response = served("/static/forage.js")
    assert response.status_code == 200
    assert "javascript" in response["Content-Type"]
    assert "max-age=86400" in response["Cache-Control"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_other_files_keep_their_own_rules(served):
    assert "Cross-Origin-Resource-Policy" not in served("/static/forage/forage-ui.js")
