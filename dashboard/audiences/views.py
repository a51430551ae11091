"""Audiences: the list, one, the form that counts while it is written, and what the shop's privacy says of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.accounts.services import record_audit
from dashboard.audiences import exports, pages, selectors, services, week_pages
from dashboard.audiences.forms import PrivacyForm
from dashboard.core import errors
from dashboard.core.downloads import csv_file
from recommender.expressions import MAX_CHARACTERS


@require_GET
@shop_page()
def index(request: HttpRequest, shop: Shop) -> HttpResponse:
    return render(request, "audiences/index.html", {"nav": "audiences", **pages.list_page(shop)})


@require_GET
@shop_page()
def week(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What a week changed."""
    page = week_pages.week_page(shop, request.GET.get("week", ""))
    return render(request, "audiences/week.html", {"nav": "audiences", **page})


@require_GET
@shop_page()
def detail(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    audience = selectors.audience_of(shop, audience_id)
    return render(request, "audiences/detail.html", {"nav": "audiences", **pages.audience_page(shop, audience)})


@require_GET
@shop_page("editor")
def new(request: HttpRequest, shop: Shop) -> HttpResponse:
    page = pages.form_page(shop, None, "", request.GET.get("expression", "")[:MAX_CHARACTERS])
    return render(request, "audiences/form.html", {"nav": "audiences", **page})


@require_GET
@shop_page("editor")
def edit(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    audience = selectors.audience_of(shop, audience_id)
    page = pages.form_page(shop, audience, audience.name, audience.expression)
    return render(request, "audiences/form.html", {"nav": "audiences", **page})


@require_GET
@shop_page()
def count(request: HttpRequest, shop: Shop) -> HttpResponse:
    """How many fulfil the condition that is being written."""
    page = pages.count_page(shop, request.GET.get("expression", "")[: MAX_CHARACTERS + 1])
    return render(request, "audiences/_count.html", page)


@require_POST
@shop_page("editor")
def create(request: HttpRequest, shop: Shop) -> HttpResponse:
    name, expression = _sent(request)
    try:
        made = services.create_audience(shop=shop, name=name, expression=expression, by=signed_in(request))
    except (errors.Invalid, errors.Conflict) as problem:
        page = pages.form_page(shop, None, name, expression) | {"problems": problem.fields, "refused": problem.message}
        return render(request, "audiences/form.html", {"nav": "audiences", **page}, status=problem.status)
    messages.success(request, _("“%(name)s” is saved.") % {"name": made.name})
    return redirect("audiences:detail", shop.slug, made.pk)


@require_POST
@shop_page("editor")
def change(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    audience = selectors.audience_of(shop, audience_id)
    name, expression = _sent(request)
    try:
        services.change_audience(
            shop=shop, audience_id=audience_id, name=name, expression=expression, by=signed_in(request)
        )
    except (errors.Invalid, errors.Conflict) as problem:
        page = pages.form_page(shop, audience, name, expression)
        page |= {"problems": problem.fields, "refused": problem.message}
        return render(request, "audiences/form.html", {"nav": "audiences", **page}, status=problem.status)
    messages.success(request, _("“%(name)s” is saved.") % {"name": name})
    return redirect("audiences:detail", shop.slug, audience_id)


@require_POST
@shop_page("editor")
def archive(request: HttpRequest, shop: Shop, audience_id: int) -> HttpResponse:
    services.archive_audience(shop=shop, audience_id=audience_id, by=signed_in(request))
    messages.success(request, _("The audience is archived. Placements that name it keep it."))
    return redirect("audiences:index", shop.slug)


@require_GET
@shop_page("editor")
def export(request: HttpRequest, shop: Shop, audience_id: int) -> StreamingHttpResponse:
    audience = selectors.audience_of(shop, audience_id)
    lines = exports.visitors_csv(shop, selectors.listed_condition(shop, audience))
    answer = csv_file(shop.pk, lines, f"audience-{audience.pk}.csv")
    record_audit(shop=shop, actor=signed_in(request), action="audience.exported", subject=audience.name)
    return answer


@require_POST
@shop_page("owner")
def privacy(request: HttpRequest, shop: Shop) -> HttpResponse:
    form = PrivacyForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("The smallest group is a number of visitors from 1 to 1,000."))
    try:
        services.change_privacy(shop=shop, actor=signed_in(request), **form.cleaned_data)
    except errors.Conflict as problem:
        page = pages.list_page(shop) | pages.typed_privacy(form.cleaned_data) | {"refused": problem.message}
        return render(request, "audiences/index.html", {"nav": "audiences", **page}, status=problem.status)
    messages.success(request, _("The privacy of groups is changed."))
    return redirect("audiences:index", shop.slug)


def _sent(request: HttpRequest) -> tuple[str, str]:
    return request.POST.get("name", "").strip(), request.POST.get("expression", "")[: MAX_CHARACTERS + 1]
