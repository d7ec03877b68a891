"""Addresses of Check access. My access lives under /me/ with whatever else is one's own."""

from django.urls import path

from permissions.check import views

app_name = "check"
urlpatterns = [path("", views.index, name="index")]
