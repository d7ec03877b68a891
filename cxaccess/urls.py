"""Every address of the console."""

from django.urls import URLPattern, URLResolver, include, path

from cxaccess.appearance import choose
from cxaccess.search import search

urlpatterns: list[URLPattern | URLResolver] = [
    path("search/", search, name="search"),
    path("appearance/", choose, name="appearance"),
    path("accounts/", include("allauth.urls")),
]
