"""Exports in folders of their own, handed to nobody."""

import pytest


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    settings.ARTIFACT_STORE, settings.DATA_DIR = str(tmp_path / "store"), tmp_path / "data"


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    handed = []
    monkeypatch.setattr("dashboard.exports.services.enqueue", lambda name, *, export_id: handed.append(export_id))
    return handed
