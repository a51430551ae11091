"""A person changes their own name and password, and nobody else's."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
OLD, NEW = "a long passphrase", "another long passphrase"


@pytest.fixture
def send(client, owner):
    owner.set_password(OLD)
    owner.save()
    client.force_login(owner)
    return lambda page, **sent: client.post(reverse(f"accounts:{page}"), sent)


def test_a_stranger_is_led_to_the_door(client):
    for name in ("profile", "change-name", "change-password"):
        answer = (
            client.get(reverse(f"accounts:{name}")) if name == "profile" else client.post(reverse(f"accounts:{name}"))
        )
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("accounts:sign-in"))


def test_the_name_is_changed_for_the_person_who_asks_alone(send, owner, editor):
    assert send("change-name", name="Holly Jones").status_code == 302
    owner.refresh_from_db()
    editor.refresh_from_db()
    assert owner.name == "Holly Jones"
    assert editor.name != "Holly Jones"


def test_a_name_without_a_letter_is_refused_beside_its_field(send, owner):
    answer = send("change-name", name="  ")
    assert answer.status_code == 400
    assert 'id="name-error"' in answer.content.decode()


def test_the_new_password_opens_the_door_and_the_old_one_no_longer(client, send, owner):
    assert send("change-password", old_password=OLD, new_password1=NEW, new_password2=NEW).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert client.get(reverse("accounts:profile")).status_code == 200, "this browser stays signed in"


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"old_password": "not it at all", "new_password1": NEW, "new_password2": NEW}, "old-error"),
        ({"old_password": OLD, "new_password1": NEW, "new_password2": NEW + "!"}, "again-error"),
        ({"old_password": OLD, "new_password1": "short", "new_password2": "short"}, "again-error"),
    ],
)
def test_a_password_that_is_not_taken_says_why_beside_its_field(send, owner, sent, where):
    answer = send("change-password", **sent)
    assert answer.status_code == 400
    assert f'id="{where}"' in answer.content.decode()
    owner.refresh_from_db()
    assert owner.check_password(OLD)
