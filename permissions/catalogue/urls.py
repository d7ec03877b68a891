"""Addresses of the catalogue."""

from django.urls import path

from permissions.catalogue import views

app_name = "catalogue"

urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
]
