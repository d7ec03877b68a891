"""Addresses of groups."""

from django.urls import path

from accounts.groups import member_views, rule_views, views

app_name = "groups"
urlpatterns = [
    path("", views.groups, name="list"),
    path("export/", views.export, name="export"),
    path("new/", views.new, name="new"),
    path("new/rule/", rule_views.new, name="new-rule"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/rule/", rule_views.rule, name="rule"),
    path("<int:pk>/rule/edit/", rule_views.edit, name="rule-edit"),
    path("<int:pk>/members/", views.members, name="members"),
    path("<int:pk>/members/add/", member_views.add, name="add"),
    path("<int:pk>/roles/", views.roles, name="roles"),
    path("<int:pk>/abilities/", views.abilities, name="abilities"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/archive/", views.archive, name="archive"),
    path("memberships/<int:pk>/until/", member_views.until, name="until"),
    path("memberships/<int:pk>/end/", member_views.end, name="end"),
    path("memberships/<int:pk>/turn/", member_views.turn, name="turn"),
]
