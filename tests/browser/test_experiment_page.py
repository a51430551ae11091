"""The page of an experiment lies open: charts become files, results come in; the report stands for itself."""

from dashboard.core import clock
from dashboard.experiments.models import Experiment
from dashboard.experiments.services import share_report
from tests.browser.seed_experiments import EXPERIMENT_ID
from tests.browser.shots import PAGES
from tests.browser.test_pages import violations


def test_charts_are_kept_results_come_in_and_the_report_is_shared(visit):
    window = visit()
    window.open(PAGES["experiment"])
    for form, begins in (("png", b"\x89PNG\r\n"), ("svg", b"<svg")):
        with window.page.expect_download() as kept:
            window.page.locator(f'[data-keep="fig-lift"] [data-format="{form}"]').click()
        assert kept.value.suggested_filename.endswith(f".{form}")
        content = kept.value.path().read_bytes()
        assert content.startswith(begins) and len(content) > 5_000

    Experiment.objects.filter(pk=EXPERIMENT_ID).update(refreshed_at=clock.now())
    with window.page.expect_response("**/live/?seen=*") as asked:
        window.page.evaluate("htmx.trigger('#experiment-results', 'refresh')")
    assert asked.value.status == 200
    window.settled()
    window.drawn()
    assert window.page.locator("#experiment-results").count() == 1

    token = share_report(experiment=Experiment.objects.get(pk=EXPERIMENT_ID), days=7, by=None)
    window.sign_out()
    assert window.page.goto(f"{window.base}/reports/experiments/{token}/").status == 200
    window.settled()
    window.drawn()
    assert violations(window.page) == []
    assert window.page.locator("a[href*='/shops/']").count() == 0
