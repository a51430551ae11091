"""`manage.py retrain`: what operators and scripts see of it."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from dashboard.training.models import Run


def retrain(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("retrain", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_queues_a_run_for_the_workers(busy_shop, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        out, _ = retrain("--shop", busy_shop.slug, "--preset", "fast")
    run = Run.objects.get()
    assert (run.trigger, run.preset) == ("command", "fast")
    assert f"Run {run.pk} is queued" in out
    assert [name for name, _, _ in sent] == ["training.train"]


def test_inline_it_trains_here_and_shows_its_progress(busy_shop, trainer, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        out, err = retrain("--shop", busy_shop.slug, "--inline")
    assert "published as v1" in out
    assert all(step in err for step in ("Snapshot", "Publish"))
    assert [name for name, _, _ in sent] == ["segments.sum_figures"]


def test_as_json_standard_output_is_one_document(busy_shop, trainer):
    out, _ = retrain("--shop", busy_shop.slug, "--inline", "--json")
    result = json.loads(out)
    assert (result["state"], result["version"]) == ("published", 1)
    assert result["metrics"]["blend"]["ndcg@10"] == 0.2


def test_a_run_that_is_held_back_fails_the_command_with_its_reason(busy_shop, trainer):
    trainer.does("finish", blend={"ndcg@10": 0.01})
    with pytest.raises(CommandError, match=r"rejected.*bestsellers"):
        retrain("--shop", busy_shop.slug, "--inline")


def test_without_a_worker_it_says_so_instead_of_waiting_for_ever(busy_shop):
    with pytest.raises(CommandError, match="No worker took run"):
        retrain("--shop", busy_shop.slug, "--wait", "--patience", "0")
    assert Run.objects.get().state == "queued"


def test_an_unknown_shop_is_named_with_those_there_are(shop):
    with pytest.raises(CommandError, match="holly-and-hearth"):
        retrain("--shop", "nowhere")


def test_while_a_run_is_active_it_names_that_run(busy_shop):
    retrain("--shop", busy_shop.slug)
    with pytest.raises(CommandError, match="one run at a time"):
        retrain("--shop", busy_shop.slug)
