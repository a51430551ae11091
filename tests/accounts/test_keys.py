"""Keys end by themselves when they were told to, and are changed without an outage."""

from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.accounts import selectors, services
from dashboard.accounts.models import ApiKey, AuditEntry
from dashboard.core import clock, errors

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def aged(key, **moments):
    ApiKey.objects.filter(pk=key.record.pk).update(**moments)
    selectors.forget_live_keys()
    key.record.refresh_from_db()
    return key


def post(client, shop, name, *args, **given):
    return client.post(reverse(f"settings:{name}", args=[shop.slug, *args]), given)


def test_a_key_opens_until_it_expires(shop):
    key = services.issue_key(shop=shop, kind="sk", expires_at=clock.now() + MINUTE)
    assert selectors.live_key(key.plain) == key.record
    aged(key, expires_at=clock.now())
    assert selectors.live_key(key.plain) is None


def test_the_successor_is_like_the_old_key_and_both_live(shop):
    old = services.issue_key(shop=shop, kind="pk", name="Blog", allowed_origins=["https://blog.example"])
    new = services.rotate_key(key=old.record)
    assert selectors.live_key(old.plain).replaced_by_id == new.record.pk
    found = selectors.live_key(new.plain)
    assert (found.kind, found.name, found.allowed_origins) == ("pk", "Blog", ["https://blog.example"])
    assert found.expires_at is None
    left = selectors.live_key(old.plain).expires_at - clock.now()
    assert services.ROTATION_GRACE - MINUTE < left <= services.ROTATION_GRACE


def test_without_a_grace_the_old_key_ends_at_once(shop, django_capture_on_commit_callbacks):
    old = services.issue_key(shop=shop, kind="sk")
    assert selectors.live_key(old.plain)
    with django_capture_on_commit_callbacks(execute=True):
        services.rotate_key(key=old.record, grace=timedelta(0))
    assert selectors.live_key(old.plain) is None


def test_a_key_that_ends_before_the_grace_gains_nothing(shop):
    soon = clock.now() + MINUTE
    old = services.issue_key(shop=shop, kind="sk", expires_at=soon)
    services.rotate_key(key=old.record)
    assert selectors.live_key(old.plain).expires_at == soon


def test_a_successor_gets_the_lifetime_anew(shop):
    old = services.issue_key(shop=shop, kind="sk", expires_at=clock.now() + DAY)
    aged(old, created_at=clock.now() - 29 * DAY)
    new = services.rotate_key(key=old.record)
    assert abs(new.record.expires_at - clock.now() - 30 * DAY) < MINUTE


def test_a_key_has_one_successor_and_a_dead_one_none(shop):
    rotated, revoked = services.issue_key(shop=shop, kind="sk"), services.issue_key(shop=shop, kind="sk")
    expired = services.issue_key(shop=shop, kind="sk", expires_at=clock.now())
    services.rotate_key(key=rotated.record)
    services.revoke_key(key=revoked.record)
    before = ApiKey.objects.count()
    for key in (rotated, revoked, expired):
        with pytest.raises(errors.Conflict):
            services.rotate_key(key=key.record)
    assert ApiKey.objects.count() == before


def test_live_keys_come_first_and_alone_are_handed_out(shop):
    ApiKey.objects.filter(shop=shop).delete()
    live = services.issue_key(shop=shop, kind="pk").record
    services.issue_key(shop=shop, kind="pk", expires_at=clock.now())
    assert selectors.keys_of(shop).first() == live
    assert list(selectors.live_keys_of(shop, "pk")) == [live]


def test_a_key_is_made_with_an_expiry_on_the_page(client, shop, owner):
    client.force_login(owner)
    response = post(client, shop, "issue-key", kind="sk", days="30")
    assert abs(response.context["new_key"].record.expires_at - clock.now() - 30 * DAY) < MINUTE
    assert "expires on" in response.content.decode()


def test_a_rotation_on_the_page_shows_the_new_key_once_and_is_noted(client, shop, owner):
    client.force_login(owner)
    old = services.issue_key(shop=shop, kind="sk")
    response = post(client, shop, "rotate-key", old.record.pk, days="3")
    new = response.context["new_key"]
    page = response.content.decode()
    assert new.plain in page
    assert f"rotated to {new.record.prefix}…" in page
    assert response["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(shop=shop)
    assert (entry.action, entry.subject, entry.actor) == ("key.rotated", old.record.prefix, owner)
    assert entry.detail["successor"] == new.record.prefix


@pytest.mark.parametrize("days", ["", "-1", "91", "soon"])
def test_a_grace_that_is_none_is_refused(client, shop, owner, days):
    client.force_login(owner)
    key = services.issue_key(shop=shop, kind="sk")
    assert post(client, shop, "rotate-key", key.record.pk, days=days).status_code == 400
    key.record.refresh_from_db()
    assert key.record.replaced_by_id is None


def test_another_shops_key_cannot_be_rotated(client, shop, owner, other_shop):
    client.force_login(owner)
    key = services.issue_key(shop=other_shop, kind="sk")
    before = ApiKey.objects.count()
    assert post(client, shop, "rotate-key", key.record.pk, days="7").status_code == 404
    assert ApiKey.objects.count() == before


def test_an_editor_rotates_nothing(client, shop, editor):
    client.force_login(editor)
    key = services.issue_key(shop=shop, kind="sk")
    assert post(client, shop, "rotate-key", key.record.pk, days="7").status_code == 403
