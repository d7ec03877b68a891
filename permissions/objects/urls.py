"""Addresses of grants on one resource."""

from django.urls import path

from permissions.objects import giving_views, views

app_name = "objects"

urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("give/", giving_views.give, name="give"),
    path("give/find/", giving_views.find, name="find"),
    path("give/confirm/", giving_views.confirm, name="confirm"),
    path("<slug:key>/", views.detail, name="detail"),
    path("<slug:key>/change-end/", views.change_end, name="change_end"),
    path("<slug:key>/end/", views.end, name="end"),
]
