"""Addresses of resources."""

from django.urls import path

from permissions.objects import on_views
from permissions.resources import change_views, list_views, use_views, views

app_name = "resources"
urlpatterns = [
    path("", views.index, name="list"),
    path("counts/", views.counts, name="counts"),
    path("facets/", list_views.facets, name="facets"),
    path("export/", list_views.export, name="export"),
    path("archive/", list_views.archive_many, name="archive_many"),
    path("owner/", list_views.change_owner, name="change_owner"),
    path("undo/<str:token>/", list_views.undo, name="undo"),
    path("new/", change_views.choose_type, name="choose_type"),
    path("new/<slug:key>/", change_views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/who/", views.who, name="who"),
    path("<int:pk>/use/", use_views.use, name="use"),
    path("<int:pk>/grants/", on_views.on, name="grants"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", change_views.edit, name="edit"),
    path("<int:pk>/archive/", change_views.archive, name="archive"),
    path("<int:pk>/reopen/", change_views.reopen, name="reopen"),
]
