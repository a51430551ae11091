"""Whole lists of a shop as files: ask for one, see how far it is, fetch it."""

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.audiences.selectors import audience_of
from dashboard.core import errors
from dashboard.core.sent_forms import cleaned
from dashboard.exports import schedules, selectors, services
from dashboard.exports.forms import ExportForm, ScheduleForm
from dashboard.exports.pages import audience_exports, exports_page


@require_GET
@shop_page("editor")
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "exports/index.html", {"nav": "settings", "page": exports_page(shop)})


@require_GET
@shop_page("editor")
def live(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The moving part, asked for every two seconds while something is written; then the page loads anew."""
    page = exports_page(shop)
    response = render(request, "exports/_rows.html", {"page": page})
    if not page.active:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@shop_page("editor")
def request_one(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = ExportForm(request.POST, shop=shop)
    cleaned(form)
    person = signed_in(request)
    services.request_export(shop=shop, by=person.email, actor=person, **form.wish)
    messages.success(request, _("The file is being written. You can leave this page."))
    return redirect("exports:index", shop_slug=shop.slug)


@require_GET
@shop_page("editor")
def of_audience(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    """The schedule and the files of an audience, for its page."""
    return render(request, "exports/_of_audience.html", {"page": audience_exports(shop, audience_id)})


@require_POST
@shop_page("editor")
def schedule(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    audience_of(shop, audience_id)  # that there is none is told before what is wrong with the form
    wish = cleaned(ScheduleForm(request.POST))
    schedules.schedule_export(shop=shop, audience_id=audience_id, actor=signed_in(request), **wish)
    messages.success(request, _("Scheduled. The first file is written within a minute."))
    return redirect("audiences:detail", shop.slug, audience_id)


@require_POST
@shop_page("editor")
def write_now(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    """A file of the schedule, out of turn."""
    person, found = signed_in(request), selectors.schedule_of(shop, audience_id)
    if found is None:
        raise errors.NotFound(_("This audience has no scheduled export."))
    schedules.write_now(shop=shop, schedule_id=found.pk, by=person.email, actor=person)
    messages.success(request, _("The file is being written. You can leave this page."))
    return redirect("audiences:detail", shop.slug, audience_id)


@require_POST
@shop_page("editor")
def end_schedule(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    schedules.end_schedule(shop=shop, audience_id=audience_id, actor=signed_in(request))
    messages.success(request, _("No more files are written. Those that are there stay for a day."))
    return redirect("audiences:detail", shop.slug, audience_id)


@require_GET
@shop_page("editor")
def file(request: HttpRequest, shop: Shop, export_id: int) -> FileResponse:
    found = selectors.export(shop, export_id)
    opened = selectors.export_file(found)
    person = signed_in(request)
    services.note_download(found=found, by=person.email, actor=person)
    name = selectors.file_name(found)
    return FileResponse(opened, as_attachment=True, filename=name, content_type="application/gzip")
