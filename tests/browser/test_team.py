"""From the owner's button to the colleague's first page, in two windows."""

from django.urls import reverse
from playwright.sync_api import expect

from dashboard.accounts import team


def test_a_colleague_is_invited_makes_an_account_and_joins(visit):
    window = visit()
    window.open("settings/")
    page = window.page
    page.get_by_role("button", name="Invite a colleague").click()
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#new-link").inner_text()

    colleague = visit(user=None).page
    colleague.goto(link)
    colleague.get_by_label("Name").fill("Ann")
    colleague.get_by_label("Password").fill("a long passphrase")
    colleague.get_by_role("button", name="Make an account and join").click()
    expect(colleague.get_by_role("heading", level=1)).to_have_text("Overview")


def test_who_has_an_account_signs_in_on_the_way_and_joins(visit, shop, owner, outsider):
    invited = team.invite_member(shop=shop, email=outsider.email, role="viewer", actor=owner)
    colleague = visit(user=None)
    page = colleague.page
    page.goto(colleague.base + reverse("accounts:invitation", args=[invited.token]))
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill(outsider.email)
    page.get_by_label("Password").fill("a long passphrase")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.locator(".account")).to_contain_text("Otto")
