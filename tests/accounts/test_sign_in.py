"""The door: what it says, whom it lets in, and when it stays shut."""

import pytest
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from dashboard import settings as as_shipped
from dashboard.accounts.models import User

PASSWORD = "a long passphrase"


@pytest.fixture
def knock(client, owner):
    def post(password=PASSWORD, **more):
        return client.post(reverse("accounts:sign-in"), {"username": owner.email, "password": password, **more})

    return post


def test_the_right_password_leads_to_the_shop(client, knock, shop):
    response = knock()
    assert response.status_code == 302
    assert client.get(response.url).url == reverse("overview:index", args=[shop.slug])


def test_as_shipped_a_password_is_kept_with_argon2_at_full_cost_and_opens_the_door(knock, owner, settings):
    settings.PASSWORD_HASHERS = as_shipped.PASSWORD_HASHERS
    owner.set_password(PASSWORD)
    owner.save()
    assert owner.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert knock().status_code == 302


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(knock, owner):
    page = knock("wrong").content.decode()
    assert "do not match" in page
    assert owner.email in page


def test_after_eight_tries_the_door_stays_shut_even_for_the_right_password(knock, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = knock("wrong")
    assert response.status_code == 429
    assert knock().status_code == 429
    assert "cannot try again from here for 15 minutes" in knock().content.decode()


def test_the_door_never_leads_to_another_host(knock):
    assert "evil.example" not in knock(next="https://evil.example/").url


def test_the_sample_shop_is_mentioned_only_where_it_is(client, db):
    from dashboard.accounts import services

    assert "sample shop" not in client.get(reverse("accounts:sign-in")).content.decode()
    services.create_shop(slug="sample", name="Sample", is_sample=True)
    assert "sample shop" in client.get(reverse("accounts:sign-in")).content.decode()


def test_several_shops_are_listed_and_others_are_not(client, shop, other_shop, owner):
    from dashboard.accounts import services

    second = services.create_shop(slug="second", name="Second")[0]
    services.add_member(shop=second, email=owner.email, role="viewer")
    client.force_login(owner)
    page = client.get(reverse("accounts:home")).content.decode()
    assert "Second" in page
    assert "Holly &amp; Hearth" in page
    assert "Other" not in page


def test_signing_out_is_a_post(client, owner):
    client.force_login(owner)
    assert client.get(reverse("accounts:sign-out")).status_code == 405
    client.post(reverse("accounts:sign-out"))
    assert client.get(reverse("accounts:home")).status_code == 302


@pytest.mark.parametrize("typed", ["HOLLY@example.com", "Holly@Example.COM", " holly@example.com "])
def test_an_address_is_the_same_in_large_and_small_letters(knock, typed):
    assert knock(username=typed).status_code == 302


def test_an_account_that_was_made_in_large_letters_is_found_too(client, db):
    User.objects.create_user("Olivia.ONE@example.com", PASSWORD)
    answer = client.post(reverse("accounts:sign-in"), {"username": "olivia.one@example.com", "password": PASSWORD})
    assert answer.status_code == 302


def test_an_address_has_one_account(db):
    User.objects.create_user("olivia@example.com", PASSWORD)
    with pytest.raises(IntegrityError, match="one_account_per_address"):
        User.objects.create_user("OLIVIA@example.com", PASSWORD)


def test_tries_count_together_however_the_address_is_written(knock, settings):
    for number in range(settings.AXES_FAILURE_LIMIT):
        response = knock("wrong", username="Holly@example.com" if number % 2 else "holly@EXAMPLE.com")
    assert response.status_code == 429
    assert knock().status_code == 429


@pytest.mark.parametrize(
    "blank", [" " * 10, "\u3000" * 12, "\u2800" * 10, "\u200b" * 10, "a" + " " * 20, "tea\u3164 " * 2]
)
def test_what_cannot_be_seen_is_no_password(blank):
    with pytest.raises(ValidationError, match="characters that can be seen"):
        validate_password(blank, password_validators=get_password_validators(as_shipped.AUTH_PASSWORD_VALIDATORS))


@pytest.mark.parametrize("good", ["quiet tea kettle", "温柔的茶壶在唱歌呢真好", "p a s s p h r a s e"])
def test_words_with_spaces_between_are_a_good_password(good):
    validate_password(good, password_validators=get_password_validators(as_shipped.AUTH_PASSWORD_VALIDATORS))
