"""What every page knows of the shop that it shows."""

from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, object]:
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"shop": None}
    return {"shop": membership.shop, "membership": membership, "can_edit": membership.role != "viewer"}
