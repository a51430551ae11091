"""What no address alone shows: dialogs, things shown once, mistakes, and the doors before somebody is signed in.

A scene brings a window to it: `shots.py` pictures it, `test_scenes.py` checks it for accessibility. Scenes find what
they press by its place in the page, never by its words, so that they play in every language.
"""

from datetime import timedelta

from dashboard.core import clock
from tests.browser.seed_experiments import EXPERIMENT_ID

PASSPHRASE = "a long passphrase"
LONG_ADDRESS = "somebody-with-quite-a-long-name@department-of-gifts.example.com"


def _dialog(path, opener):
    """The first dialog of a page that a button for `opener…` opens."""

    def play(window):
        window.open(path)
        window.page.locator(f"[command=show-modal][commandfor^='{opener}']").first.click()
        window.page.locator("dialog[open]").wait_for()

    return play


def _new_key(kind):
    def play(window):
        _dialog("settings/", "new-key-form")(window)
        window.page.locator(f"#new-key-form [name=kind][value={kind}]").check()
        window.page.fill("#key-name", "Blog")
        window.page.fill("#key-limit", "600")
        window.page.click("#new-key-form [data-kind=primary]")
        window.page.locator("#new-key").wait_for()

    return play


def _new_link(window):
    _dialog("settings/", "invite")(window)
    window.page.fill("#invite-email", LONG_ADDRESS)
    window.page.click("#invite [data-kind=primary]")
    window.page.locator("#new-link").wait_for()


def _shop_mistakes(window):
    window.open("settings/")
    for field, value in [("#shop-zone", "Mars/Olympus Mons"), ("#shop-currency", "ABC")]:  # as no list offers them
        window.page.locator(field).evaluate("(field, value) => { field.selectedOptions[0].value = value }", value)
    window.page.click("form[action$='/settings/shop/'] [data-kind=primary]")
    window.page.locator("#shop-zone-error").wait_for()
    window.complaints.clear()  # the browser notes that the answer is a 400, as it shall be


def _refused_invitation(window):
    """A colleague who belongs to the shop already."""
    _dialog("settings/", "invite")(window)
    window.page.fill("#invite-email", "holly@example.com")
    window.page.click("#invite [data-kind=primary]")
    window.page.wait_for_url("**/invite/")
    window.complaints.clear()


def _audit(query):
    return lambda window: window.open(f"settings/audit/?{query}")


def _invited(window, email, days=7):
    """A link for an address; returns its path."""
    from dashboard.accounts.models import Invitation
    from dashboard.accounts.selectors import key_digest

    token = f"scene-{email}"
    lasting = {"role": "editor", "digest": key_digest(token), "expires_at": clock.now() + timedelta(days=days)}
    Invitation.objects.update_or_create(shop=window.shop, email=email, defaults=lasting)
    return f"/invitations/{token}/"


def _door(email, *, days=7, who=None, act=None):
    """The page that an invitation leads to, for somebody signed in, or nobody."""

    def play(window):
        path = _invited(window, email, days)
        window.sign_out()
        if who:
            window.sign_in(_person(who))
        window.page.goto(window.base + path)
        if act:
            act(window.page)
        window.complaints.clear()

    return play


def _person(email):
    from dashboard.accounts.models import User

    return User.objects.filter(email=email).first() or User.objects.create_user(email, PASSPHRASE, name="Otto")


def _weak_password(page):
    page.fill("#join-name", "Ann")
    page.fill("#join-password", "password123")
    page.click("form.stack [data-kind=primary]")
    page.locator(".error").wait_for()


def _known_address(window):
    _person("otto@example.com")
    _door("otto@example.com")(window)


def _sign_in(window):
    window.sign_out()
    window.page.goto(f"{window.base}/sign-in/")


def _sign_in_mistake(window):
    _sign_in(window)
    window.page.fill("#id_username", f"nobody-{clock.now().timestamp()}@example.com")
    window.page.fill("#id_password", "wrong")
    window.page.click("form.stack [data-kind=primary]")
    window.page.locator("#password-help").wait_for()


def _shops(window):
    window.page.goto(f"{window.base}/?choose")


def _operations(window):
    """The installation, which staff alone sees; the last scene, as who is signed in stays one of them."""
    from dashboard.accounts.models import User

    User.objects.update(is_staff=True)
    window.page.goto(f"{window.base}/operations/")
    window.settled()


def _nowhere(window):
    window.page.goto(f"{window.base}/nowhere/")
    window.complaints.clear()


SCENES = {
    "settings-make-key": _dialog("settings/", "new-key-form"),
    "settings-new-publishable-key": _new_key("pk"),
    "settings-new-secret-key": _new_key("sk"),
    "settings-limit": _dialog("settings/", "limit-"),
    "settings-rotate": _dialog("settings/", "rotate-"),
    "settings-revoke": _dialog("settings/", "revoke-"),
    "settings-invite": _dialog("settings/", "invite"),
    "settings-new-link": _new_link,
    "settings-invite-refused": _refused_invitation,
    "settings-member": _dialog("settings/", "member-"),
    "settings-mistakes": _shop_mistakes,
    "audit-filtered": _audit("action=key.issued&since=2020-01-01"),
    "audit-nothing-fits": _audit("since=2020-01-01&until=2020-01-02"),
    "invitation": _door(LONG_ADDRESS),
    "invitation-weak-password": _door("ann@example.com", act=_weak_password),
    "invitation-known-address": _known_address,
    "invitation-signed-in": _door("otto@example.com", who="otto@example.com"),
    "invitation-wrong-person": _door("ann@example.com", who="otto@example.com"),
    "invitation-expired": _door("late@example.com", days=-1),
    "sign-in": _sign_in,
    "sign-in-mistake": _sign_in_mistake,
    "shops": _shops,
    "not-found": _nowhere,
    "feed-upload": _dialog("catalog/feeds/", "upload"),
    "feed-schedule": _dialog("catalog/feeds/", "schedule"),
    "feed-remove": _dialog("catalog/feeds/", "remove-"),
    "models-retrain": _dialog("models/", "retrain"),
    "models-publish": _dialog("models/", "publish-"),
    "segment-rename": _dialog("segments/1/", "rename"),
    "experiment-publish": _dialog(f"experiments/{EXPERIMENT_ID}/", "publish-B"),
    "experiment-stop": _dialog(f"experiments/{EXPERIMENT_ID}/", "stop"),
    "operations": _operations,
}
