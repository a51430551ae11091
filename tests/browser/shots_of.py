"""Pictures of every kind of page of a running Forage, and what looks wrong on them:

    python -m tests.browser.shots_of http://127.0.0.1:8000 holly@example.com PASSPHRASE FOLDER [--language zh-hans]

Finds the pages by their links, two of a kind. Prints, beside each page, what faults.js sees (blank columns, what is cut
off, what leaves its card), what the browser complained of, and with `--language` the sentences that stayed English.
"""

import argparse
import re
from collections import Counter, deque
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error, sync_playwright

from tests.browser.chromium import CHROMIUM_ARGUMENTS, chromium_path

LOOKS = {
    "1440-light": (1440, "light"),
    "1440-dark": (1440, "dark"),
    "360-light": (360, "light"),
    "360-dark": (360, "dark"),
}
OF_A_KIND = 2
PATIENCE_MS = 120_000  # a busy machine takes its time
FAULTS = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")
NO_PAGE = re.compile(r"sign-out|/admin/|\.csv|/export/|/static/|/download|/file$")
DRAWN = """() => [...document.querySelectorAll("[data-figure]")].every(h => h.clientWidth === 0 || "drawn" in h.dataset)
    && !document.querySelector(".htmx-request, main [aria-busy=true]")"""
ENGLISH = r"""() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const words = walk.currentNode.textContent.trim().replace(/\s+/g, " ");
    const isOwn = walk.currentNode.parentElement.closest("script, style, code, pre, .code, [lang=en]");
    if (!isOwn && /[A-Za-z]{3,}( [a-z]{2,}){2,}/.test(words) && !/[一-鿿]/.test(words)) found.push(words.slice(0, 90));
  }
  return [...new Set(found)].slice(0, 12);
}"""


def main():
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        signed_in, start = _sign_in(browser, options)
        paths = options.pages or _found_pages(signed_in, options.url, start)
        print(len(paths), "pages")  # noqa: T201
        for label in options.look or LOOKS:
            _look(browser, signed_in, label, paths, options)
        browser.close()


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("url", "email", "password"):
        parser.add_argument(name)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", default="en-gb")
    parser.add_argument("--look", action="append", choices=LOOKS)
    parser.add_argument("--page", dest="pages", action="append", help="only this path; may be repeated")
    return parser.parse_args()


def _sign_in(browser, options):
    """(the context of who is signed in, the path where that leads to)."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{options.url}/sign-in/")
    page.fill("#id_username", options.email)
    page.fill("#id_password", options.password)
    page.click("form.stack .button[data-kind=primary]")
    page.wait_for_load_state("domcontentloaded")
    return context, urlsplit(page.url).path


def _found_pages(context, url, start):
    page, waiting, known, count_of, found = context.new_page(), deque([start]), {start}, Counter(), []
    while waiting:
        path = waiting.popleft()
        if count_of[_kind(path)] >= OF_A_KIND:
            continue
        count_of[_kind(path)] += 1
        response = page.goto(url + path, wait_until="domcontentloaded")
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        found.append(path)
        for address in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            target = address.split("#")[0].removeprefix(url)
            if address.startswith(url) and target not in known and not NO_PAGE.search(target):
                known.add(target)
                waiting.append(target)
    return found


def _kind(path):
    """The path without what names one of many."""
    parts = urlsplit(path)
    plain = re.sub(r"/(\d+)(?=/|$)", "/N", parts.path)
    plain = re.sub(r"/(items?|visitors|category)/.+", r"/\1/X", plain)
    return plain, tuple(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))


def _look(browser, signed_in, label, paths, options):
    width, scheme = LOOKS[label]
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="en-GB",
        storage_state=signed_in.storage_state(),
        bypass_csp=True,  # what is asked of the page here is no script of its own
    )
    context.add_cookies([{"name": "django_language", "value": options.language, "url": options.url}])
    context.set_default_timeout(PATIENCE_MS)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text[:120]))
    page.on("pageerror", lambda error: complaints.append(str(error)[:120]))
    for path in paths:
        complaints.clear()
        try:
            page.goto(options.url + path)
            page.wait_for_function(DRAWN)
        except Error as error:
            complaints.append(str(error).splitlines()[0])
        name = re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")[:80]
        page.screenshot(path=options.folder / f"{name}-{label}.png", full_page=True)
        seen = [*page.evaluate(FAULTS), *dict.fromkeys(complaints)]
        seen += page.evaluate(ENGLISH) if options.language != "en-gb" else []
        print(label, path, *(f"\n    {line}" for line in seen), flush=True)  # noqa: T201
    context.close()


if __name__ == "__main__":
    main()
