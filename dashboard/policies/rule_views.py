"""The rules of a placement: the list, the form with its live answers, and what can be done with one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.access import Shop, shop_page, signed_in
from dashboard.core import errors
from dashboard.policies import rule_pages, rule_words, services
from dashboard.policies.forms import RULE_FIELDS, RuleForm, rule_as_typed, whole_number


@shop_page()
def rules(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """The list; with `?edit=KEY` that rule stands in the form."""
    placement = services.placement_at_hand(shop, slug)
    page = rule_pages.rules_page(shop, placement)
    edited = next((row for row in page["rows"] if row.key == request.GET.get("edit")), None)
    initial = rule_as_typed(edited.rule, edited.key) if edited else None
    form = rule_form(shop, initial=initial)
    return render(request, "policies/rules.html", {"nav": "policies", **page, "form": form, "edited": edited})


@require_POST
@shop_page(role="editor")
def add(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Take a rule, new or changed: at once where nothing is doubtful of it, else when that is confirmed."""
    placement = services.placement_at_hand(shop, slug)
    form = rule_form(shop, request.POST)
    page = rule_pages.rules_page(shop, placement)
    key = request.POST.get("rule", "")
    context = {"nav": "policies", **page, "form": form, "edited": _row(page, key) if key else None}
    if not form.is_valid():
        return render(request, "policies/rules.html", context, status=400)
    found = checked(shop, placement, form)
    agreed = form.cleaned_data["confirmed"] == found.check.agreement
    if found.check.is_refused or (found.check.doubts and not agreed):
        return render(request, "policies/rules.html", {**context, "checked": found}, status=409)
    rule, by = found.check.rule.to_dict(), signed_in(request)
    if key:
        services.draft_changed_rule(placement=placement, key=key, rule=rule, by=by)
    else:
        services.draft_rule(placement=placement, rule=rule, by=by)
    messages.success(request, rule_words.drafted_sentence(found.check.state_now, found.row.rules, found.row.titles))
    return redirect("policies:rules", shop.slug, slug)


@require_GET
@shop_page()
def check(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """What the rule in the form would do, as it is typed."""
    placement = services.placement_at_hand(shop, slug)
    form = rule_form(shop, request.GET)
    audience = whole_number(request.GET, "audience") if "audience" in request.GET else None
    found = checked(shop, placement, form, audience=audience) if form.is_valid() else None
    return render(request, "policies/_rule_check.html", {"checked": found, "form": form})


@require_GET
@shop_page()
def options(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Items or values for what is typed."""
    services.placement_at_hand(shop, slug)
    field, text = request.GET.get("field", "item_id")[:100], request.GET.get("value", "")[:255]
    return render(request, "policies/_options.html", rule_pages.options(shop, field, text))


@require_POST
@shop_page(role="editor")
def end(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    row = _row(rule_pages.rules_page(shop, placement), request.POST.get("rule", ""))
    services.draft_changed_rule(placement=placement, key=row.key, rule=row.ended_now(), by=signed_in(request))
    messages.success(request, _("The rule ends when the draft is published; it stays in the list."))
    return redirect("policies:rules", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def remove(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    placement = services.placement_at_hand(shop, slug)
    services.draft_without_rule(placement=placement, key=request.POST.get("rule", ""), by=signed_in(request))
    return redirect("policies:rules", shop.slug, slug)


@require_POST
@shop_page(role="editor")
def keep(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """A published rule that was to go stays."""
    placement = services.placement_at_hand(shop, slug)
    services.draft_with_rule(placement=placement, key=request.POST.get("rule", ""), by=signed_in(request))
    return redirect("policies:rules", shop.slug, slug)


def rule_form(shop: Shop, data: Any = None, initial: dict[str, Any] | None = None) -> RuleForm:
    """What a rule of the shop may be about, to be filled in."""
    return RuleForm(data, initial=initial, fields=rule_pages.field_choices(shop, RULE_FIELDS))


def checked(shop: Shop, placement: Any, form: RuleForm, *, audience: int | None = None) -> rule_pages.Checked:
    """The rule of a valid form among the others; `audience`: among those of its override too."""
    data = form.cleaned_data
    return rule_pages.checked_rule(
        shop, placement, form.as_rule(), data["field"], instead_of=data["rule"], audience=audience
    )


def _row(page: dict[str, Any], key: str) -> rule_pages.RuleRow:
    found: rule_pages.RuleRow | None = next((row for row in page["rows"] if row.key == key), None)
    if found is None:
        raise errors.NotFound(_("That rule is no longer there; load the page again."))
    return found
