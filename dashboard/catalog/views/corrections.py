"""What a person corrects of items: one on its page, many of one gap at once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.catalog import pages, services
from dashboard.catalog.forms import typed_fixes, typed_value
from dashboard.core import errors, formats


@require_GET
@shop_page()
def fix(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The items that lack something, with a field for it in each row."""
    return _fixes(request, pages.fix_page(shop, request.GET.get("lacking", "")))


@require_POST
@shop_page("editor")
def save_fixes(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What was filled in, all of it or none."""
    lacking = request.POST.get("lacking", "")
    page = pages.fix_page(shop, lacking)
    typed = typed_fixes(request.POST)
    wanted = {item_id: {page.field: typed_value(page.field, text)} for item_id, text in typed.items() if text}
    try:
        count = services.correct_items(shop=shop, wanted=wanted, by=signed_in(request))
    except errors.Invalid as problem:
        return _fixes(request, pages.fix_page(shop, lacking, typed, problem.fields or {}), status=400)
    words = ngettext("%(count)s item is corrected.", "%(count)s items are corrected.", count)
    messages.success(request, words % {"count": formats.number(count)})
    response = redirect("catalog:fix", shop_slug=shop.slug)
    response["Location"] += f"?lacking={lacking}"
    return response


@require_POST
@shop_page("editor")
def correct(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Title and categories of one item; `take_back` names the field of which the feed's value shall count again."""
    item_id, by = request.POST.get("item_id", ""), signed_in(request)
    if field := request.POST.get("take_back", ""):
        services.take_correction_back(shop=shop, item_id=item_id, field=field, by=by)
        messages.success(request, _("What your feed says counts again."))
    else:
        values = {
            field: typed_value(field, request.POST[field]) for field in services.CORRECTABLE if field in request.POST
        }
        services.correct_items(shop=shop, wanted={item_id: values}, by=by)
        messages.success(request, _("Corrected: it counts at once, and a feed does not undo it."))
    return redirect("serving:item", shop_slug=shop.slug, item_id=item_id)


def _fixes(request: HttpRequest, page: pages.FixPage, status: int = 200) -> HttpResponse:
    return render(request, "catalog/fix.html", {"nav": "catalog", "page": page}, status=status)
