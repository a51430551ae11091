"""A start skips the preparation when nothing changed since the last one."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dashboard.standalone import prepared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def environment(settings):
    database = settings.DATABASES["default"]
    place = f"{database['HOST']}:{database['PORT']}/{connection.settings_dict['NAME']}"
    return {"DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{place}"}


@pytest.fixture
def remember(tmp_path, environment):
    migrations = sorted(MigrationRecorder(connection).applied_migrations())
    return lambda open_steps: prepared.remember(
        tmp_path, environment, {"open_steps": open_steps, "migrations": migrations}
    )


def test_nothing_is_remembered_of_a_folder_that_was_never_prepared(tmp_path, environment):
    assert prepared.remembered_state(tmp_path, environment, is_empty=False) is None


def test_a_first_start_that_was_cut_off_is_prepared_again(tmp_path, environment, remember):
    remember(["train", "history"])
    assert prepared.remembered_state(tmp_path, environment, is_empty=False) is None


def test_after_a_first_start_the_next_one_skips_the_preparation(tmp_path, environment, remember, shop):
    remember(["import", "train", "history"])
    prepared.first_start_ended(tmp_path)
    assert prepared.remembered_state(tmp_path, environment, is_empty=False) == prepared.State([], has_sample=False)


def test_the_sample_shop_is_looked_up_in_the_database(tmp_path, environment, remember, shop):
    remember([])
    shop.is_sample = True
    shop.save()
    state = prepared.remembered_state(tmp_path, environment, is_empty=False)
    assert state is not None
    assert state.has_sample


def test_another_database_is_prepared_again(tmp_path, environment, remember):
    remember([])
    elsewhere = {"DATABASE_URL": environment["DATABASE_URL"] + "_other"}
    assert prepared.remembered_state(tmp_path, elsewhere, is_empty=False) is None
