"""Addresses of integrations."""

from django.urls import path

from accounts.integrations import token_views, views

app_name = "integrations"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/retire/", views.retire, name="retire"),
    path("<int:pk>/allow/", views.allow, name="allow"),
    path("grants/<int:pk>/end/", views.end, name="end"),
    path("<int:pk>/tokens/new/", token_views.issue, name="issue"),
    path("tokens/<int:pk>/rotate/", token_views.rotate, name="rotate"),
    path("tokens/<int:pk>/revoke/", token_views.revoke, name="revoke"),
]
