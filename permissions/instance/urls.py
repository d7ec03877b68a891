"""Addresses of the settings."""

from django.urls import path

from permissions.instance import views

app_name = "settings"
urlpatterns = [
    path("", views.index, name="index"),
    path("edit/", views.edit, name="edit"),
]
