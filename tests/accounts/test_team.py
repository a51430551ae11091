"""Invited by a link that opens once, given a role, removed; and a shop always has an owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from dashboard.accounts import team
from dashboard.accounts.models import AuditEntry, Invitation, Membership, User
from dashboard.core import clock, errors
from dashboard.core.tenancy import operator_scope

pytestmark = pytest.mark.django_db
PASSWORD = "a long passphrase"


@pytest.fixture
def invited(shop, owner):
    return team.invite_member(shop=shop, email="ann@example.com", role="editor", actor=owner)


def door(token):
    return reverse("accounts:invitation", args=[token])


def send(client, shop, name, *ids, **sent):
    return client.post(reverse(f"settings:{name}", args=[shop.slug, *ids]), sent)


def role_of(shop, email):
    return Membership.objects.filter(shop=shop, user__email=email).values_list("role", flat=True).first()


def test_an_owner_gets_a_link_once_and_only_its_digest_is_kept(client, shop, owner):
    client.force_login(owner)
    response = send(client, shop, "invite", email="Ann@Example.com", role="viewer")
    link = response.context["new_link"]
    assert link in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in client.get(reverse("settings:index", args=[shop.slug])).content.decode()
    assert token not in str(Invitation.objects.values())
    assert client.get(door(token)).status_code == 200


def test_looking_at_the_link_uses_nothing_up_and_tells_nobody_the_address(client, shop, invited):
    for _ in range(2):
        response = client.get(door(invited.token))
        assert "Join Holly &amp; Hearth" in response.content.decode()
    assert response["Referrer-Policy"] == "strict-origin"
    assert "no-store" in response["Cache-Control"]


def test_a_new_person_makes_an_account_and_is_signed_in(client, shop, invited):
    response = client.post(door(invited.token), {"name": "Ann", "password": PASSWORD})
    assert response.url == reverse("overview:index", args=[shop.slug])
    assert client.get(response.url).status_code == 200
    assert role_of(shop, "ann@example.com") == "editor"
    entry = AuditEntry.objects.get(action="member.joined")
    assert (entry.shop, entry.actor_label, entry.detail) == (shop, "Ann", {"role": "editor"})


def test_a_link_opens_once(client, shop, invited):
    client.post(door(invited.token), {"name": "Ann", "password": PASSWORD})
    client.logout()
    for answer in (client.get(door(invited.token)), client.post(door(invited.token), {"name": "B", "password": "x"})):
        assert answer.status_code == 404
        assert "Ask for a new link" in answer.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("password", ["short", "ann@example.com", "password123"])
def test_a_weak_password_is_refused_and_the_link_stays(client, shop, invited, password):
    answer = client.post(door(invited.token), {"name": "Ann", "password": password})
    assert answer.status_code == 400
    assert 'id="join-password-error"' in answer.content.decode()
    assert Invitation.objects.exists()
    assert not User.objects.filter(email="ann@example.com").exists()


def test_who_has_an_account_signs_in_and_joins(client, shop, invited):
    ann = User.objects.create_user("ann@example.com", PASSWORD)
    page = client.get(door(invited.token)).content.decode()
    assert f"?next={door(invited.token)}" in page
    assert client.post(door(invited.token), {"name": "Not Ann", "password": PASSWORD}).status_code == 409
    client.force_login(ann)
    assert client.post(door(invited.token)).status_code == 302
    assert role_of(shop, ann.email) == "editor"


def test_another_account_joins_nothing(client, shop, invited, outsider):
    client.force_login(outsider)
    for answer, status in ((client.get(door(invited.token)), 200), (client.post(door(invited.token)), 403)):
        assert answer.status_code == status
        assert f"signed in as {outsider.email}" in answer.content.decode()
    assert client.post(reverse("accounts:sign-out"), {"next": door(invited.token)}).url == door(invited.token)
    assert role_of(shop, outsider.email) is None


def test_an_expired_a_withdrawn_and_an_unknown_link_open_nothing(client, shop, owner, invited):
    assert client.get(door("nothing")).status_code == 404
    Invitation.objects.update(expires_at=clock.now())
    assert client.get(door(invited.token)).status_code == 404
    renewed = team.renew_invitation(invitation=invited.record, actor=owner)
    assert client.get(door(renewed.token)).status_code == 200
    client.force_login(owner)
    send(client, shop, "revoke-invitation", renewed.record.pk)
    assert client.get(door(renewed.token)).status_code == 404


def test_a_new_link_replaces_the_one_before(client, shop, owner, invited):
    client.force_login(owner)
    again = send(client, shop, "renew-invitation", invited.record.pk).context["new_link"]
    assert client.get(door(invited.token)).status_code == 404
    assert client.get(again).status_code == 200
    send(client, shop, "invite", email="ann@example.com", role="viewer")
    assert client.get(again).status_code == 404
    assert Invitation.objects.get().role == "viewer"
    left = Invitation.objects.get().expires_at - clock.now()
    assert timedelta(days=6) < left <= team.INVITATION_LASTS


def test_a_member_is_not_invited_again(client, shop, owner, editor):
    client.force_login(owner)
    assert send(client, shop, "invite", email=editor.email.upper(), role="owner").status_code == 409
    assert role_of(shop, editor.email) == "editor"


@pytest.mark.parametrize("sent", [{"email": "no address", "role": "viewer"}, {"email": "a@b.example", "role": "god"}])
def test_what_is_no_address_or_role_is_refused(client, shop, owner, sent):
    client.force_login(owner)
    assert send(client, shop, "invite", **sent).status_code == 400
    assert not Invitation.objects.exists()


def test_a_shop_sends_no_more_than_thirty_an_hour(client, shop, owner, invited):
    client.force_login(owner)
    for _ in range(29):
        team.renew_invitation(invitation=invited.record, actor=owner)
    assert send(client, shop, "invite", email="b@example.com", role="viewer").status_code == 429
    assert not Invitation.objects.filter(email="b@example.com").exists()


def test_an_owner_changes_a_role_and_it_holds_at_once(client, shop, owner, editor):
    client.force_login(owner)
    member = Membership.objects.get(user=editor)
    send(client, shop, "change-role", member.pk, role="viewer")
    assert role_of(shop, editor.email) == "viewer"
    assert AuditEntry.objects.get(action="member.role_changed").detail == {"changes": {"role": ["editor", "viewer"]}}


def test_who_is_removed_sees_the_shop_no_longer(client, shop, owner, editor):
    member = Membership.objects.get(user=editor)
    client.force_login(owner)
    send(client, shop, "remove-member", member.pk)
    client.force_login(editor)
    assert client.get(reverse("overview:index", args=[shop.slug])).status_code == 404
    assert User.objects.filter(pk=editor.pk).exists()


def test_the_last_owner_stays(client, shop, owner, editor):
    client.force_login(owner)
    member = Membership.objects.get(user=owner)
    assert send(client, shop, "remove-member", member.pk).status_code == 409
    assert send(client, shop, "change-role", member.pk, role="viewer").status_code == 409
    assert role_of(shop, owner.email) == "owner"
    send(client, shop, "change-role", Membership.objects.get(user=editor).pk, role="owner")
    assert send(client, shop, "remove-member", member.pk).url == reverse("accounts:home")


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one(shop, owner, editor):
    Membership.objects.update(role="owner")

    def leave(member):
        try:
            with operator_scope("a test"):
                team.remove_member(member=member, actor=owner)
        except errors.Conflict:
            return "stays"
        finally:
            connection.close()
        return "left"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(leave, Membership.objects.select_related("shop", "user"))) == ["left", "stays"]


def test_what_a_page_showed_of_a_role_does_not_cost_the_last_owner(shop, owner, editor):
    shown = Membership.objects.get(user=editor)
    team.change_role(member=Membership.objects.get(user=editor), role="owner", actor=owner)
    team.change_role(member=Membership.objects.get(user=owner), role="viewer", actor=owner)
    for change in (
        lambda: team.change_role(member=shown, role="viewer", actor=owner),
        lambda: team.remove_member(member=shown, actor=owner),
    ):
        with pytest.raises(errors.Conflict):
            change()
    assert role_of(shop, editor.email) == "owner"


def test_an_invitation_that_was_withdrawn_meanwhile_does_not_come_back(shop, owner, invited):
    shown = team.invitation_of(shop, invited.record.pk)
    team.revoke_invitation(invitation=invited.record, actor=owner)
    for change in (team.renew_invitation, team.revoke_invitation):
        with pytest.raises(errors.NotFound):
            change(invitation=shown, actor=owner)
    assert not Invitation.objects.exists()
    assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1


def at_once(deed):
    """What two threads get who do the same at the same moment: "done", or the name of the error."""

    def attempt(_number):
        try:
            with operator_scope("a test"):
                deed()
        except errors.ForageError as problem:
            return type(problem).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as threads:
        return sorted(threads.map(attempt, range(2)))


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_makes_one_account(invited):
    def join():
        team.accept_with_new_account(token=invited.token, name="Ann", password=PASSWORD)

    assert at_once(join) in (["NotFound", "done"], ["Conflict", "done"])
    assert User.objects.filter(email="ann@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_invitation_that_is_sent_twice_leaves_one_link(shop, owner):
    assert (
        at_once(lambda: team.invite_member(shop=shop, email="b@example.com", role="editor", actor=owner))
        == ["done"] * 2
    )
    assert Invitation.objects.count() == 1


def test_only_an_owner_touches_the_team(client, shop, editor, invited):
    client.force_login(editor)
    member = Membership.objects.get(user=editor).pk
    attempts = [
        send(client, shop, "invite", email="b@example.com", role="owner"),
        send(client, shop, "change-role", member, role="owner"),
        send(client, shop, "remove-member", member),
        send(client, shop, "renew-invitation", invited.record.pk),
        send(client, shop, "revoke-invitation", invited.record.pk),
    ]
    assert {attempt.status_code for attempt in attempts} == {403}
    page = client.get(reverse("settings:index", args=[shop.slug])).content.decode()
    assert "Invite a colleague" not in page
