"""The catalog of translations is complete, and its tool notices what is not."""

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.core.management import call_command

from dashboard.core.i18n.catalogs import compile_catalog, merge, read_catalog, write_catalog
from dashboard.core.i18n.extraction import extracted_catalog
from dashboard.core.i18n.problems import problems

TEMPLATE = """{% load i18n %}
  {% translate "Sign in" %} it's 5 o'clock {{ _("Now")|upper }}
    {% blocktranslate count n=n trimmed %}
      {{ n }} visitor
    {% plural %}
      {{ n }} visitors
    {% endblocktranslate %}
{% stat _("Sales") value %}{% translate "May" context "month" %}
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "dashboard").mkdir()
    (tmp_path / "dashboard" / "a.py").write_text('x = _("Saved %(name)s.") % {"name": 1}\ny = ngettext("a", "b", 2)\n')
    return tmp_path


def ids(catalog):
    return {message.id if isinstance(message.id, str) else tuple(message.id) for message in catalog if message.id}


def test_strings_of_templates_and_python_are_found(project):
    assert ids(extracted_catalog(project)) == {
        "Sign in",
        "Now",
        ("%(n)s visitor", "%(n)s visitors"),
        "Sales",
        "May",
        "Saved %(name)s.",
        ("a", "b"),
    }


def test_updating_keeps_translations_and_drops_what_is_gone(project):
    catalog = merge(read_catalog(project, "zh_Hans"), extracted_catalog(project))
    catalog["Sign in"].string = "登录"
    write_catalog(project, "zh_Hans", catalog)
    (project / "dashboard" / "a.py").write_text("")
    again = merge(read_catalog(project, "zh_Hans"), extracted_catalog(project))
    assert again["Sign in"].string == "登录"
    assert "Saved %(name)s." not in again


def test_a_catalog_on_disk_carries_no_dates_and_no_line_numbers(project):
    path = write_catalog(project, "zh_Hans", merge(read_catalog(project, "zh_Hans"), extracted_catalog(project)))
    assert "Date:" not in path.read_text()
    assert "page.html\n" in path.read_text()


def test_what_is_compiled_is_what_was_written(project):
    import gettext

    catalog = merge(read_catalog(project, "zh_Hans"), extracted_catalog(project))
    catalog["Sign in"].string = "登录"
    write_catalog(project, "zh_Hans", catalog)
    with compile_catalog(project, "zh_Hans").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Sign in") == "登录"


def _catalog(**strings):
    catalog = Catalog(locale="zh_Hans")
    for original, translation in strings.items():
        catalog.add(original, translation)
    return catalog


@pytest.mark.parametrize(
    ("translation", "flags", "complaint"),
    [
        ("", [], "not translated"),
        ("已保存", [], "placeholders differ"),
        ("已保存 %(nom)s", [], "placeholders differ"),
        ("已保存 %(name)s", ["fuzzy"], "fuzzy"),
        ("已保存 %(name)s", [], None),
    ],
)
def test_a_faulty_translation_is_named(translation, flags, complaint):
    found, catalog = Catalog(), Catalog(locale="zh_Hans")
    found.add("Saved %(name)s")
    catalog.add("Saved %(name)s", translation, flags=flags)
    told = problems(catalog, found)
    assert [complaint in line for line in told] == ([True] if complaint else [])


def test_strings_that_are_missing_or_left_over_are_named():
    told = problems(_catalog(old="旧"), _catalog(new=""))
    assert any("not in the catalog" in line and "new" in line for line in told)
    assert any("no longer in the source" in line and "old" in line for line in told)


def test_our_own_catalog_is_complete():
    root = settings.BASE_DIR
    assert problems(read_catalog(root, "zh_Hans"), extracted_catalog(root)) == []


def test_the_command_checks_and_compiles(capsys):
    call_command("translations", "compile")
    call_command("translations", "check")
    assert "all translated" in capsys.readouterr().out
