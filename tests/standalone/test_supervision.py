"""The parts that watch: waits between restarts, logs, what steps report, skipped work."""

import os
import signal
import sys
from pathlib import Path

import pytest

from dashboard.standalone import prepared, reports, stamps
from dashboard.standalone.children import Program
from dashboard.standalone.errors import StartError
from dashboard.standalone.logs import rotate
from dashboard.standalone.stopping import Stopping, StopRequest
from dashboard.standalone.supervisor import LONGEST_WAIT_SECONDS, STABLE_SECONDS, Restart, Supervisor


@pytest.fixture
def supervisor(tmp_path):
    said = []
    made = Supervisor(tmp_path, said.append, StopRequest())
    made.said = said
    yield made
    made.stop()


def python(code, **options):
    return Program("child", (sys.executable, "-c", code), options.pop("folder"), dict(os.environ), **options)


def test_waits_double_up_to_half_a_minute_and_start_over_after_a_stable_minute():
    restart = Restart(0.0)
    assert [restart.plan(float(second)) for second in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, LONGEST_WAIT_SECONDS]
    restart.has_started(100.0)
    assert restart.plan(101.0 + STABLE_SECONDS) == 0.5


def test_a_program_that_ends_while_it_should_begin_is_quoted(supervisor, tmp_path):
    child = supervisor.start(python("raise SystemExit('the disk is made of cheese')", folder=tmp_path))
    with pytest.raises(StartError, match="child did not start: the disk is made of cheese"):
        supervisor.wait_for(child, lambda: False, 30)


def test_a_program_that_runs_in_vain_is_killed_at_the_third_look_in_a_row(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("dashboard.standalone.supervisor.LOOK_INTERVAL_SECONDS", -1.0)
    looks = iter([True, True, False, True, True, True])
    code = "import threading; threading.Event().wait(60)"
    child = supervisor.start(python(code, folder=tmp_path, is_stuck=lambda pid: next(looks)))
    for _ in range(5):
        supervisor.tick()
    assert child.is_running
    supervisor.tick()
    assert child._process.wait(10) == -signal.SIGKILL
    assert "runs but cannot work" in supervisor.said[0]


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="a kernel that groups processes by session")
def test_a_program_stands_back_behind_those_of_other_sessions_too(supervisor, tmp_path):
    code = "import os; from pathlib import Path; print(os.nice(0), Path('/proc/self/autogroup').read_text())"
    child = supervisor.start(python(code, folder=tmp_path, nice=6))
    child._process.wait()
    own, group = child.log.read_text().split(None, 1)
    assert int(own) == min(os.nice(0) + 6, 19)
    assert group.split()[1:] == ["nice", own]


def test_a_program_that_ends_is_announced_and_planned_again(supervisor, tmp_path):
    child = supervisor.start(python("", folder=tmp_path))
    child._process.wait()
    supervisor.tick()
    assert supervisor.said == [f"child ended with status 0; starting it again in 0.5 s (log: {child.log})"]


def test_stopping_kills_what_does_not_listen_and_grandchildren_too(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("dashboard.standalone.supervisor.APP_STOP_SECONDS", 0.2)
    code = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "print(other.pid, flush=True); other.wait()"
    )
    child = supervisor.start(python(code, folder=tmp_path))
    supervisor.wait_for(child, lambda: child.log.read_text().endswith("\n"), 30)
    grandchild = int(child.log.read_text())
    supervisor.stop()
    assert not child.is_running
    assert not _lives(grandchild)


def _lives(pid):
    """Zombies that nobody reaped yet have ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_signal_is_obeyed_between_two_steps():
    request = StopRequest()
    request.check()
    request._remember(signal.SIGINT, None)
    with pytest.raises(Stopping) as stopping:
        request.check()
    assert stopping.value.exit_status == 130
    assert not request.is_impatient
    request._remember(signal.SIGINT, None)
    assert request.is_impatient


def test_a_large_log_is_moved_aside_and_three_are_kept(tmp_path):
    log = tmp_path / "web.log"
    for number in range(5):
        log.write_text(f"{number}" * 10)
        assert rotate(log, largest_bytes=5)
        assert log.read_text() == ""
    assert [(tmp_path / f"web.log.{n}").read_text()[0] for n in (1, 2, 3)] == ["4", "3", "2"]
    assert not (tmp_path / "web.log.4").exists()


@pytest.mark.parametrize(
    ("line", "text", "fraction"),
    [
        ("importing 12,000 rows: 40 %", "importing 12,000 rows", 0.4),
        ("\x1b[32mRun 3: encode (57%)\x1b[0m", "Run 3: encode", 0.57),
        ("reading", "reading", None),
        ("999 %", "", 1.0),
    ],
)
def test_what_a_command_says_for_people_is_understood(line, text, fraction):
    report = reports.read(line)
    assert (report.text, report.fraction) == (text, fraction)


def test_a_report_survives_the_way_through_a_pipe(capsys):
    sent = reports.Report("train", "encode", 0.5)
    reports.send(sent)
    assert reports.read(capsys.readouterr().out) == sent


def test_stamps_match_until_a_source_changes(tmp_path):
    source, stamp = tmp_path / "source", tmp_path / "stamp"
    source.write_text("one")
    stamps.leave(stamp, stamps.fingerprint([source]))
    assert stamps.matches(stamp, stamps.fingerprint([source]))
    source.write_text("two")
    assert not stamps.matches(stamp, stamps.fingerprint([source]))
    assert not stamps.matches(tmp_path / "none", "")


@pytest.fixture
def preparation(tmp_path, transactional_db, settings):
    """A remembered preparation of the test database."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    parameters = connection.get_connection_params()
    url = "postgres://{user}:{password}@{host}:{port}/{dbname}".format(**parameters)
    migrations = sorted(MigrationRecorder(connection).applied_migrations())
    environment = {"DATABASE_URL": url}
    prepared.remember(tmp_path, environment, {"open_steps": [], "has_sample": False, "migrations": migrations})
    return environment


def test_the_preparation_is_skipped_when_nothing_changed(tmp_path, preparation):
    assert prepared.remembered_state(tmp_path, preparation, is_empty=False) == prepared.State([], has_sample=False)


def test_the_preparation_runs_for_another_setting(tmp_path, preparation):
    assert prepared.remembered_state(tmp_path, {**preparation, "DEBUG": "1"}, is_empty=False) is None


def test_the_preparation_runs_on_a_database_that_lacks_a_migration(tmp_path, preparation):
    kept = {"open_steps": [], "has_sample": False, "migrations": [["catalog", "9999_of_tomorrow"]]}
    prepared.remember(tmp_path, preparation, kept)
    assert prepared.remembered_state(tmp_path, preparation, is_empty=False) is None
