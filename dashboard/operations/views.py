"""The operations page: for whoever runs the installation, of all its shops."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.access import signed_in, staff_page
from dashboard.operations import pages, services
from dashboard.training.selectors import run_of_any_shop


@require_safe
@staff_page
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "operations/index.html", {"page": pages.operations_page()})


@require_safe
@staff_page
def now(request: HttpRequest) -> HttpResponse:
    """The moving part: queues and workers, asked for every ten seconds."""
    return render(request, "operations/_now.html", {"now": pages.now_page()})


@require_POST
@staff_page
def retry_task(request: HttpRequest, failure_id: int) -> HttpResponse:
    found = services.retry_failure(failure_id=failure_id, actor=signed_in(request))
    messages.success(request, _("%(task)s was sent again.") % {"task": found.task})
    return redirect("operations:index")


@require_POST
@staff_page
def retry_run(request: HttpRequest, run_id: int) -> HttpResponse:
    run = services.retry_run(run=run_of_any_shop(run_id), actor=signed_in(request))
    messages.success(request, _("Run %(id)d of %(shop)s is queued.") % {"id": run.pk, "shop": run.shop})
    return redirect("operations:index")
