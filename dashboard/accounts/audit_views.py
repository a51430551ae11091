"""The page of the audit trail, and its file."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.accounts.access import Shop, shop_page
from dashboard.accounts.audit import audit_choices, audit_csv, audit_rows
from dashboard.accounts.forms import AuditForm
from dashboard.core.downloads import csv_file


@require_GET
@shop_page()
def audit(request: HttpRequest, shop: Shop) -> HttpResponse:
    wanted = AuditForm(request.GET).wanted
    actions, people = audit_choices(shop)
    context = {
        "nav": "settings",
        "rows": audit_rows(shop, wanted, request.GET.get("page", "1")),
        "wanted": wanted,
        "actions": actions,
        "people": people,
        "query": request.GET.urlencode(),
    }
    return render(request, "accounts/audit.html", context)


@require_GET
@shop_page("owner")
def export(request: HttpRequest, shop: Shop) -> StreamingHttpResponse:
    return csv_file(shop.pk, audit_csv(shop, AuditForm(request.GET).wanted), f"changes-{shop.slug}.csv")
