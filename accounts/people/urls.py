"""Addresses of people."""

from django.urls import path

from accounts.people import range_views, views
from accounts.people.leaving import views as leaving

app_name = "people"
urlpatterns = [
    path("", views.people, name="list"),
    path("filters/", views.filters, name="filters"),
    path("counts/", views.counts, name="counts"),
    path("new/", views.new, name="new"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/access/", views.access, name="access"),
    path("<int:pk>/use/", views.use, name="use"),
    path("<int:pk>/teams/", views.teams, name="teams"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/suspend/", views.suspend, name="suspend"),
    path("<int:pk>/reactivate/", views.reactivate, name="reactivate"),
    path("<int:pk>/leave/", leaving.leave, name="leave"),
    path("<int:pk>/absence/", leaving.absence, name="absence"),
    path("<int:pk>/return/", leaving.come_back, name="return"),
    path("leaving/", leaving.leavers, name="leavers"),
    path("leaving/<int:pk>/", leaving.leaving, name="leaving"),
    path("leaving/<int:pk>/file/", leaving.leaving_file, name="leaving-file"),
    path("leaving/<int:pk>/cancel/", leaving.call_off, name="leaving-cancel"),
    path("<int:pk>/range/", range_views.add, name="range"),
    path("range/<int:pk>/end/", range_views.end, name="range-end"),
    path("<int:pk>/join/", views.join, name="join"),
]
