"""Nobody is offered what they may not do: every page that a role finds by links is opened, every button looked at."""

import re
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve

from dashboard.accounts.selectors import ROLE_RANK
from tests.browser.seed import seed_shop

pytestmark = pytest.mark.django_db
ROLES = ("owner", "editor", "viewer")
ACTS = ("hx-post", "hx-put", "hx-patch", "hx-delete")
NO_PAGE = re.compile(r"\.csv|/export/|/download|/file/")


class Offers(HTMLParser):
    """What a page leads to, what its buttons would do, and its heading and answer in words."""

    def __init__(self, text):
        super().__init__()
        self.links, self.acts, self.words, self._within = [], [], {"h1": "", "answer": ""}, []
        self._form, self._forms, self._presses = None, {}, []
        self.feed(text)
        self.acts += [self._forms[form] for form in self._presses if form in self._forms]

    def handle_starttag(self, tag, attributes):
        found = {name: value or "" for name, value in attributes}
        self.links += [
            found[name] for name in ("href", "hx-get") if found.get(name) and (tag == "a" or name == "hx-get")
        ]
        self.acts += [found[name] for name in ACTS if found.get(name)]
        if tag == "form":
            self._begin(found)
        elif tag == "button" and found.get("type") != "button":
            self._press(found)
        if tag == "h1" or {"answer", "verdict"} & set(found.get("class", "").split()):
            self._within.append((tag, "h1" if tag == "h1" else "answer"))

    def _begin(self, form):
        self._form = form.get("id", self.getpos())
        if form.get("method", "").lower() == "post" and form.get("action"):
            self._forms[self._form] = form["action"]

    def _press(self, button):
        if not button.get("formaction"):
            self._presses.append(button.get("form", self._form))
        elif button.get("formmethod") != "get":
            self.acts.append(button["formaction"])

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        if self._within and self._within[-1][0] == tag:
            self._within.pop()

    def handle_data(self, data):
        if self._within:
            self.words[self._within[-1][1]] += data.strip()


class Walk:
    """Pages of a shop, found by their links from the overview on: one of a kind."""

    def __init__(self, client, start):
        self.client, self.start = client, start
        self.opened, self.acts, self.broken = {}, {}, []
        waiting, kinds = deque([start]), {_kind(start)}
        while waiting:
            for target in self._targets(waiting.popleft()):
                if (kind := _kind(target)) not in kinds:
                    kinds.add(kind)
                    waiting.append(target)

    def _targets(self, path):
        response = self.client.get(path)
        if response.status_code not in (200, 204):  # 204: nothing new to show
            self.broken.append((path, response.status_code))
            return []
        if "text/html" not in response.get("Content-Type", ""):
            return []
        offers = Offers(response.content.decode())
        self.opened[path] = (offers, response.content)
        self.acts |= dict.fromkeys(_within(offers.acts, path, self.start), path)
        return [target for target in _within(offers.links, path, self.start) if not NO_PAGE.search(target)]


def _within(addresses, page, start):
    absolute = (urljoin(page, address).partition("#")[0] for address in addresses)
    return [address for address in absolute if address.startswith(start)]


def _kind(path):
    parts = urlsplit(path)
    plain = re.sub(r"/(items?|visitors)/[^/]+", r"/\1/X", re.sub(r"/\d+(?=/|$)", "/N", parts.path))
    return plain, tuple(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))


def _too_high(walk, role):
    """(button's address, page, role it asks for) of each that `role` may not press."""
    asked = ((act, page, resolve(urlsplit(act).path).func.least_role) for act, page in walk.acts.items())
    return [(act, page, least) for act, page, least in asked if ROLE_RANK[least] > ROLE_RANK[role]]


def _without_words(walk):
    pages = {path: offers.words for path, (offers, content) in walk.opened.items() if b"<html" in content}
    return [path for path, words in pages.items() if not words["h1"] or not words["answer"]]


@pytest.fixture
def walk_as(request, client, shop):
    def start(role):
        client.force_login(request.getfixturevalue(role))
        return Walk(client, f"/shops/{shop.slug}/")

    return start


@pytest.mark.slow
def test_every_page_opens_and_every_button_may_be_pressed(walk_as, shop):
    seed_shop(shop)
    walks = {role: walk_as(role) for role in ROLES}
    found = {role: (walk.broken, _too_high(walk, role), _without_words(walk)) for role, walk in walks.items()}
    assert found == dict.fromkeys(ROLES, ([], [], []))
    offered_to = {role: set(walk.acts) for role, walk in walks.items()}  # were the walk blind, all the above would hold
    assert offered_to["viewer"] < offered_to["editor"] < offered_to["owner"]
    assert f"/shops/{shop.slug}/placements/home/draft/" in offered_to["editor"] - offered_to["viewer"]


@pytest.mark.parametrize("role", ROLES)
def test_so_it_is_in_a_shop_that_has_sent_nothing(walk_as, role):
    walk = walk_as(role)
    assert len(walk.opened) > 10
    assert (walk.broken, _too_high(walk, role), _without_words(walk)) == ([], [], [])
