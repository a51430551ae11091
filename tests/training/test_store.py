"""Artifacts in a folder and in an object store."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from dashboard.core import errors
from dashboard.training import store
from tests.artifact_files import write_artifact


@pytest.fixture(params=["path", "memory"])
def made(request, settings, tmp_path):
    """A folder to store, once in a path and once in an fsspec URL."""
    if request.param == "memory":
        settings.ARTIFACT_STORE = f"memory://{uuid.uuid4().hex}"
    return write_artifact(tmp_path / "made", ["ada"])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_stored_is_found_again_byte_for_byte(made):
    store.put_folder(made, "shop-1/run-1")
    found = store.local_folder("shop-1/run-1")
    assert names(found) == names(made)
    assert all((found / name).read_bytes() == (made / name).read_bytes() for name in names(made))


def test_what_was_never_stored_is_not_found(made):
    with pytest.raises(errors.NotFound, match="shop-1/run-9"):
        store.local_folder("shop-1/run-9")


def test_what_was_deleted_is_gone_everywhere(made):
    store.put_folder(made, "shop-1/run-1")
    store.local_folder("shop-1/run-1")
    store.delete_folder("shop-1/run-1")
    with pytest.raises(errors.NotFound):
        store.local_folder("shop-1/run-1")
    store.delete_folder("shop-1/run-1")


def test_no_half_written_folder_stays_behind(made, settings, tmp_path, monkeypatch):
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    monkeypatch.setattr("shutil.copyfile", _refuse)
    with pytest.raises(errors.Unavailable, match="No space left"):
        store.put_folder(made, "shop-1/run-1")
    assert names(tmp_path / "store" / "shop-1") == []


def _refuse(*_):
    raise OSError(28, "No space left on device")


def test_two_that_fetch_the_same_at_once_both_have_it(made, settings, tmp_path, monkeypatch):
    """The second finds the place taken after it has looked."""
    settings.DATA_DIR = tmp_path / "data"
    settings.ARTIFACT_STORE = f"memory://{uuid.uuid4().hex}"
    store.put_folder(made, "shop-1/run-1")
    fetched = threading.Barrier(2)
    rename = Path.rename

    def together(self, target):
        fetched.wait(timeout=20)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", together)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(store.local_folder, ["shop-1/run-1"] * 2))
    assert [names(folder) for folder in found] == [names(made)] * 2
    assert names(tmp_path / "data" / "artifact-cache" / "shop-1") == ["run-1"]


class HangingStore(MemoryFileSystem):
    """Takes every question and answers none."""

    protocol = "hanging"

    def exists(self, path, **_):
        threading.Event().wait()

    makedirs = put_file = exists


@pytest.fixture
def hanging(settings, tmp_path, monkeypatch):
    fsspec.register_implementation("hanging", HangingStore, clobber=True)
    settings.ARTIFACT_STORE, settings.DATA_DIR = "hanging://bucket", tmp_path
    monkeypatch.setattr(store, "LOOK_SECONDS", 0.05)
    return write_artifact(tmp_path / "made", ["ada"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda made: store.local_folder("shop-1/run-1"),
        lambda made: store.put_folder(made, "shop-1/run-1"),
        lambda made: store.delete_folder("shop-1/run-1"),
        lambda made: store.folder_names("shop-1"),
        lambda made: store.check_writable(),
    ],
    ids=["read", "write", "delete", "list", "check"],
)
def test_a_store_that_hangs_is_given_up_in_words(hanging, ask):
    with pytest.raises(errors.Unavailable, match=r"hanging://bucket did not answer within 0\.05 seconds"):
        ask(hanging)
