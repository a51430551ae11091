"""Whatever a stranger sends to a page costs little: every address outside the API is found by itself."""

import re

import pytest
from django.urls import URLResolver, get_resolver, reverse

from dashboard.core.request_limits import with_known_content_type
from tests.effort import effort_of

pytestmark = pytest.mark.django_db

MOST_CALLS, MOST_BYTES = 60_000, 5_000_000
LONG = 60_000
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
PART = '--b\r\nContent-Disposition: form-data; name="a{}"\r\n\r\n1\r\n'
SENT = {
    "many parameters": ("GET", "?" + "&".join(f"a{number}=1" for number in range(900)), "", FORM, {}),
    "a long query": ("GET", "?a=" + "b" * LONG, "", FORM, {}),
    "many cookies": ("GET", "", "", FORM, {"Cookie": "a=b;" * (LONG // 4)}),
    "many languages": ("GET", "", "", FORM, {"Accept-Language": "en-gb;q=0.5," * (LONG // 12)}),
    "a MiB of escapes": ("POST", "", "username=" + "%41" * 349_000, FORM, {}),
    "a form as large as it may be": ("POST", "", "username=" + "%41" * 5_400, FORM, {}),
    "many fields": ("POST", "", "&".join(f"a{number}=1" for number in range(900)), FORM, {}),
    "many parts": (
        "POST",
        "",
        "".join(map(PART.format, range(900))) + "--b--\r\n",
        PARTS,
        {},
    ),
    "parts as many as there may be": (
        "POST",
        "",
        "".join(map(PART.format, range(130))) + "--b--\r\n",
        PARTS,
        {},
    ),
    "a long file": (
        "POST",
        "",
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + "x" * 1_000_000 + "\r\n--b--\r\n",
        PARTS,
        {},
    ),
}


def addresses():
    found = set()
    for name, keys in _walk(get_resolver()):
        space = name.partition(":")[0]
        if space in ("api", "admin") and name != "admin:login":
            continue
        found.add(reverse(name, kwargs={key: "holly-and-hearth" if key == "shop_slug" else "1" for key in keys}))
    return sorted(found)


def _walk(resolver, space="", above=frozenset()):
    for pattern in resolver.url_patterns:
        keys = above | set(re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern)))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, pattern.namespace or space, keys)
        elif pattern.name:
            yield f"{space}:{pattern.name}" if space else pattern.name, keys


def attacks():
    return [(path, name) for path in addresses() for name in SENT]


def too_dear(client, path, name):
    method, query, text, kind, headers = SENT[name]
    body = text.encode()
    effort, response = effort_of(lambda: client.generic(method, path + query, body, content_type=kind, headers=headers))
    if response.status_code < 500 and effort.calls <= MOST_CALLS and effort.peak_bytes <= MOST_BYTES:
        return None
    return path, name, response.status_code, effort


def found_too_dear(client, aimed):
    client.get(reverse("accounts:sign-in"))  # what is loaded once is not what an attack costs
    client.get(reverse("accounts:sign-in"), headers={"Cookie": "a=b;" * LONG})
    client.post(reverse("accounts:sign-in"), {"username": "a", "password": "b"})
    return [found for path, name in aimed if (found := too_dear(client, path, name))]


def test_there_are_pages_that_a_stranger_can_reach():
    found = addresses()
    assert len(found) > 60
    assert {"/sign-in/", "/admin/login/", "/i18n/setlang/"} <= set(found)


def test_nothing_that_a_stranger_sends_to_the_sign_in_costs_much(client, shop):
    assert found_too_dear(client, [(reverse("accounts:sign-in"), name) for name in SENT]) == []


def test_of_what_a_stranger_sends_to_pages_one_in_twenty_nine_costs_little(client, shop):
    assert found_too_dear(client, attacks()[::29]) == []


@pytest.mark.slow
def test_nothing_that_a_stranger_sends_to_any_page_costs_much(client, shop):
    assert found_too_dear(client, attacks()) == []


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("text/plain; charset=punycode", "text/plain"),
        ("text/plain;charset=IDNA; a=b", "text/plain"),
        ("application/json; charset=UTF-8", "application/json; charset=UTF-8"),
        ('text/plain; charset="latin-1"', 'text/plain; charset="latin-1"'),
        ("multipart/form-data; boundary=b", "multipart/form-data; boundary=b"),
    ],
)
def test_a_charset_that_nobody_needs_is_not_read(sent, read):
    seen = []
    application = with_known_content_type(lambda environ, start: seen.append(environ["CONTENT_TYPE"]) or [])
    application({"CONTENT_TYPE": sent}, None)
    assert seen == [read]


def test_a_form_that_is_too_large_is_for_those_who_have_signed_in(client, shop, owner):
    form = {"name": "Holly", "timezone": "Europe/London", "currency": "GBP", "more": "x" * 40_000}
    address = reverse("settings:change-shop", args=[shop.slug])
    assert client.post(address, form).status_code == 413
    client.force_login(owner)
    assert client.post(address, form).status_code == 302
