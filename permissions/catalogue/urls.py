"""Addresses of the catalogue."""

from django.urls import path

from permissions.attributes import views as attribute_views
from permissions.catalogue import type_views, views

app_name = "catalogue"

urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("types/", type_views.index, name="types"),
    path("types/new/", type_views.new, name="new_type"),
    path("types/<int:pk>/", type_views.detail, name="type"),
    path("types/<int:pk>/edit/", type_views.edit, name="edit_type"),
    path("types/<int:pk>/fields/new/", type_views.add_field, name="add_field"),
    path("types/<int:pk>/fields/<slug:name>/", type_views.edit_field, name="edit_field"),
    path("types/<int:pk>/fields/<slug:name>/remove/", type_views.remove_field, name="remove_field"),
    path("types/<int:pk>/permissions/new/", type_views.add_action, name="add_action"),
    path("attributes/", attribute_views.index, name="attributes"),
    path("attributes/new/", attribute_views.new, name="new_attribute"),
    path("attributes/<int:pk>/", attribute_views.edit, name="attribute"),
    path("attributes/<int:pk>/turn/", attribute_views.turn, name="turn_attribute"),
]
