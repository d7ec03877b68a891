"""What describes the API: its metadata (section 9) and its OpenAPI document. Open to everybody, and to caches."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

KEPT = "public, max-age=3600"
ENDPOINTS = {
    "access_evaluation_endpoint": "api:evaluation",
    "access_evaluations_endpoint": "api:evaluations",
    "search_subject_endpoint": "api:search-subject",
    "search_resource_endpoint": "api:search-resource",
    "search_action_endpoint": "api:search-action",
}


@login_not_required
@require_safe
def configuration(request: HttpRequest) -> JsonResponse:
    """Say where the endpoints are (section 9.2.2). The identifier is the address people open, without a slash."""
    base = settings.PUBLIC_URL.rstrip("/")
    found = {"policy_decision_point": base}
    found |= {name: f"{base}{reverse(route)}" for name, route in ENDPOINTS.items()}
    return JsonResponse(found, headers={"Cache-Control": KEPT})


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Send the OpenAPI document."""
    return HttpResponse(document(), content_type="application/json", headers={"Cache-Control": KEPT})


@cache
def document() -> str:
    """Return the OpenAPI document, which ships with the code."""
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")
