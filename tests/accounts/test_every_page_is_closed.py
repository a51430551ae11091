"""No person reaches another shop's things by any page: every address below /shops/ is found by itself."""

import re

import pytest
from django.urls import URLResolver, get_resolver, reverse

from tests.their_things import rows_of, their_things

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CLOSED = {404, 405}
ANY_VISITOR = {
    f"/shops/holly-and-hearth/{page}/their-visitor/" for page in ("visitors", "visitor-why")
}  # any id may be a visitor's; the pages know nothing of it
THEIR_NAMES = (b"Their mug", b"Their front", b"their-feed", b"their-experiment")  # no address has one


def pages():
    """(name, its other arguments) of every page of a shop."""
    return [(name, keys - {"shop_slug"}) for name, keys in _walk(get_resolver()) if "shop_slug" in keys]


def _walk(resolver, space="", above=frozenset()):
    for pattern in resolver.url_patterns:
        keys = above | set(re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern)))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, pattern.namespace or space, keys)
        else:
            yield f"{space}:{pattern.name}", keys


def address(name, slug, keys, victim):
    missing = keys - victim.keys()
    assert not missing, f"give tests/their_things.py one of {missing}, which {name} asks for"
    return reverse(name, kwargs={"shop_slug": slug, **{key: victim[key] for key in keys}})


@pytest.fixture
def victim(other_shop):
    return their_things(other_shop)


def opened(client, other_shop, addresses, victim):
    """What is answered otherwise than with 404 or 405, or tells a name of theirs."""
    before, found = rows_of(other_shop), []
    for path in addresses:
        for method in METHODS:
            body = victim if method == "POST" else None
            response = getattr(client, method.lower())(path, body)
            shown = any(name in response.content for name in THEIR_NAMES)
            if shown or response.status_code not in CLOSED | ({200} if path in ANY_VISITOR else set()):
                found.append((method, path, response.status_code))
    assert rows_of(other_shop) == before
    return found


def test_there_are_pages_and_some_ask_for_ids():
    assert len(pages()) > 50
    assert {"run_id", "experiment_id", "slug", "key_id"} <= set().union(*(keys for _, keys in pages()))


def test_another_shops_pages_do_not_exist(client, owner, other_shop, victim):
    client.force_login(owner)
    addresses = [address(name, other_shop.slug, keys, victim) for name, keys in pages()]
    assert opened(client, other_shop, addresses, victim) == []


def test_another_shops_things_do_not_exist_among_ones_own(client, owner, shop, other_shop, victim):
    client.force_login(owner)
    addresses = [address(name, shop.slug, keys, victim) for name, keys in pages() if keys]
    assert opened(client, other_shop, addresses, victim) == []
