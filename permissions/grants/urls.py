"""Addresses of grants."""

from django.urls import path

from permissions.grants import giving_views, views
from permissions.grants.bulk.urls import urlpatterns as of_many

app_name = "grants"

urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("give/", giving_views.give, name="give"),
    path("give/confirm/", giving_views.confirm, name="confirm"),
    *of_many,
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/change-end/", views.change_end, name="change_end"),
    path("<int:pk>/end/", views.end, name="end"),
]
