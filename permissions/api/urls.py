"""Addresses of the decision API, which the specification names."""

from django.urls import path

from permissions.api import document_views, door, search_views, usage_views, views

app_name = "api"
urlpatterns = [
    path("evaluation", views.evaluation, name="evaluation"),
    path("evaluations", views.evaluations, name="evaluations"),
    path("search/subject", search_views.subject, name="search-subject"),
    path("search/resource", search_views.resource, name="search-resource"),
    path("search/action", search_views.action, name="search-action"),
    path("usage", usage_views.usage, name="usage"),
    path("openapi.json", document_views.openapi, name="openapi"),
    path("<path:rest>", door.nothing_here, name="nothing"),
]
