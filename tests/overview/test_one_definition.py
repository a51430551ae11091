"""Two pages never say different things of the same figure: all pages are walked, and what they say is compared."""

import re
from collections import defaultdict

import pytest
from django.core.cache import cache

from tests.browser.seed import seed_shop
from tests.browser.shots import PAGES

pytestmark = pytest.mark.django_db
FACT = re.compile(r'<data data-fact="([^"]+)" value="([^"]*)">')
#: What stands on at least two pages. A figure that is added to a second page gets its line here.
SHARED = {"slates:home:7", "clicks-per-1000:home:7", "explored-share:home:7", "sales:home:7"}


@pytest.fixture
def facts(client, shop, owner):
    """{key: {value: the pages that say so}} of all pages."""
    cache.clear()
    seed_shop(shop)
    client.force_login(owner)
    found = defaultdict(lambda: defaultdict(set))
    for name, path in PAGES.items():
        page = client.get(f"/shops/{shop.slug}/{path}")
        assert page.status_code == 200, name
        for key, value in FACT.findall(page.content.decode()):
            found[key][value].add(name)
    return found


def test_a_figure_has_one_value_wherever_it_stands(facts):
    assert {key: dict(values) for key, values in facts.items() if len(values) > 1} == {}


def test_figures_that_stand_on_two_pages_were_found_on_both(facts):
    seen = {key: set().union(*values.values()) for key, values in facts.items()}
    assert {key for key in SHARED if len(seen.get(key, ())) < 2} == set()
