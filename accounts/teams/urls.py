"""Addresses of teams."""

from django.urls import path

from accounts.teams import member_views, views

app_name = "teams"
urlpatterns = [
    path("", views.teams, name="list"),
    path("counts/", views.counts, name="counts"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/members/", views.members, name="members"),
    path("<int:pk>/members/add/", member_views.add, name="add"),
    path("<int:pk>/roles/", views.roles, name="roles"),
    path("<int:pk>/abilities/", views.abilities, name="abilities"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/archive/", views.archive, name="archive"),
    path("memberships/<int:pk>/until/", member_views.until, name="until"),
    path("memberships/<int:pk>/end/", member_views.end, name="end"),
    path("memberships/<int:pk>/turn/", member_views.turn, name="turn"),
]
