"""Accounts of before, whose addresses differ in their letters alone, are told apart and stay."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from dashboard.accounts.models import User

pytestmark = pytest.mark.django_db
MIGRATION = importlib.import_module("dashboard.accounts.migrations.0006_one_account_per_address")


def test_the_oldest_keeps_its_address_and_nobody_gets_what_another_had(shop):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_account_per_address")
    oldest = User.objects.create(email="Holly@example.com", password="a")
    later = User.objects.create(email="holly@example.com", password="b")
    other = User.objects.create(email="ed@example.com")
    later.memberships.create(shop=shop, role="viewer")
    MIGRATION.tell_apart(apps, None)
    assert dict(User.objects.values_list("pk", "email")) == {
        oldest.pk: "Holly@example.com",
        later.pk: f"{later.pk}.holly@example.com",
        other.pk: "ed@example.com",
    }
    assert not oldest.memberships.exists()
    assert User.objects.get(pk=later.pk).memberships.get().role == "viewer"
