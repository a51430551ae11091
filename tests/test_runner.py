"""How bin/test runs the tests: which of them, in how many processes, in what order."""

from types import SimpleNamespace

from tests.apart import part_of, pytest_collection_modifyitems, with_database
from tests.runner import MOST_PROCESSES, selection, started


def test_slow_tests_are_left_out_unless_the_arguments_choose():
    assert selection(["tests/core", "-x"]) == ["-m", "not slow", "tests/core", "-x"]
    assert selection(["-m", "slow"]) == ["-m", "slow"]
    assert selection(["-mslow"]) == ["-mslow"]


def test_all_tests_are_shared_by_a_process_a_core_and_a_part_of_them_is_not():
    assert selection([], cores=2) == ["-m", "not slow", "-p", "tests.apart", "-n", "2", "--durations=15"]
    assert f"-n {MOST_PROCESSES} " in " ".join(selection([], cores=64))
    assert selection([], cores=1) == ["-m", "not slow"]
    assert "-n" not in selection(["tests/core"], cores=2)


def test_what_is_dear_to_make_is_made_once_and_begins():
    names = ["tests/core/test_b.py::test_1", "tests/recommender/cli/test_a.py::test_2", "tests/core/test_b.py::test_3"]
    items = [SimpleNamespace(nodeid=name) for name in names]
    pytest_collection_modifyitems(items)
    assert [part_of(item.nodeid) for item in items] == ["tests/recommender/cli", *["tests/core/test_b.py"] * 2]


def test_each_process_has_a_cache_of_its_own():
    assert with_database("redis://:secret@127.0.0.1:7000/3", 1) == "redis://:secret@127.0.0.1:7000/4"
    assert with_database("redis://127.0.0.1:7000", 2) == "redis://127.0.0.1:7000/2"


def test_a_check_that_runs_beside_the_tests_ends_with_them():
    with started(["-c", "print('seen', flush=True); import time; time.sleep(600)"], {}) as check:
        assert check.stdout.readline() == "seen\n"
    assert check.returncode < 0
    with started(["-c", "raise SystemExit('wrong')"], {}) as check:
        assert check.communicate()[0] == "wrong\n"
    assert check.returncode == 1
