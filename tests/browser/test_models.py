"""The models page in a real browser: start a run, watch it, see it end."""

import json
import sys

import pytest


@pytest.fixture
def trainer(settings, tmp_path, monkeypatch):
    """Trains in a second; nothing is sent to the broker, the test is the worker."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"do": "finish", "blend": {"ndcg@10": 0.3, "recall@10": 0.4}}))
    settings.TRAINER_COMMAND = [sys.executable, "-m", "tests.training.fake_trainer", str(script)]
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr("dashboard.core.jobs._send", lambda *job: None)


def test_a_retrain_is_started_watched_and_seen_to_end(visit, trainer, seeded):
    from dashboard.training import selectors, services
    from dashboard.training.models import Artifact

    Artifact.objects.filter(shop=seeded, is_active=False).delete()
    holly = visit()
    holly.open("models/")
    page = holly.page
    page.get_by_role("button", name="Retrain now").click()
    page.get_by_role("dialog").get_by_text("Fast").click()
    page.get_by_role("dialog").get_by_role("button", name="Retrain").click()
    page.get_by_role("heading", name="is queued").wait_for()

    services.execute_run(run_id=selectors.active_run(seeded).pk)
    page.get_by_text("serving").wait_for(timeout=10_000)
    page.get_by_role("row", name="v4").get_by_text("serving").wait_for(timeout=10_000)
    assert page.get_by_role("button", name="Retrain now").is_enabled()
    assert "every 2s" not in page.content()


def test_the_page_fits_a_phone(visit, seeded):
    holly = visit(viewport={"width": 360, "height": 740})
    holly.open("models/")
    assert holly.sideways_overflow() <= 0
    holly.complaints = [said for said in holly.complaints if "style-src" not in said]  # Plotly's own, refused
