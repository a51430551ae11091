"""Installing: what pip's lines mean, and when there is nothing to do."""

import pytest

from dashboard.standalone import disk, install, pip, stamps
from dashboard.standalone.errors import StartError


@pytest.fixture
def progress(tmp_path):
    return pip.Progress(tmp_path)


def test_it_says_which_package_is_fetched_and_how_large_it_is(progress):
    for line in ("Collecting numpy==2.4.6", "Collecting torch==2.13.0", "  Downloading torch-2.13.whl (190.2 MB)"):
        progress.read(line)
    assert progress.describe() == "fetching package 2: torch (190.2 MB)"


def test_it_says_which_package_of_how_many_is_unpacked(progress, tmp_path):
    (tmp_path / "pip-1.dist-info").mkdir()
    progress.read("Installing collected packages: attrs, numpy, torch")
    (tmp_path / "attrs-1.dist-info").mkdir()
    assert progress.describe() == "unpacking package 2 of 3: numpy"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "check the network"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "no space left"),
        ("ERROR: No matching distribution found for torch==9", "No matching distribution found for torch==9"),
    ],
)
def test_a_failure_is_told_in_words(progress, line, words):
    progress.read(line)
    assert words in progress.failure()


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """A project of its own, whose `.venv` is a folder that claims a version."""
    for name in (*install.REQUIREMENTS["test"], install.ENGINE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("numpy\n")
    folder = tmp_path / ".venv"
    folder.mkdir()
    (folder / "pyvenv.cfg").write_text("version = 3.11.7\n")
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", folder)
    monkeypatch.setattr(install, "_venv_runs", lambda: True)
    return folder


def test_a_stamp_of_the_same_requirements_and_python_spares_the_installation(venv):
    stamps.leave(venv / "forage-up.stamp", install._fingerprint("up"))
    assert install.is_installed("up")
    assert not install.is_installed("test")


@pytest.mark.parametrize("change", ["requirements/web.txt", "requirements/engine.txt", ".venv/pyvenv.cfg"])
def test_another_requirement_or_python_asks_for_it_again(venv, change):
    stamps.leave(venv / "forage-up.stamp", install._fingerprint("up"))
    (venv.parent / change).write_text("version = 3.12.1\n")
    assert not install.is_installed("up")


def test_a_package_that_was_cut_off_is_removed_so_that_pip_installs_it_again(venv):
    packages = venv / "lib" / "python3.11" / "site-packages"
    for name, whole in (("whole-1.dist-info", True), ("half-1.dist-info", False)):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").write_text("")
        if whole:
            (packages / name / "RECORD").write_text("")
    install._remove_half_installed()
    assert [path.name for path in packages.iterdir()] == ["whole-1.dist-info"]


def test_too_little_room_is_said_beforehand(tmp_path):
    with pytest.raises(StartError, match="MiB free"):
        disk.require_space(tmp_path, 10**9)
