"""Addresses of many grants at once, within those of grants."""

from django.urls import path

from permissions.grants.bulk import ending_views, views

urlpatterns = [
    path("bulk/", views.start, name="bulk"),
    path("bulk/<int:pk>/", views.detail, name="bulk_detail"),
    path("bulk/<int:pk>/people/", views.people, name="bulk_people"),
    path("bulk/<int:pk>/people/drop/", views.drop, name="bulk_drop"),
    path("bulk/<int:pk>/role/", views.role, name="bulk_role"),
    path("bulk/<int:pk>/give/", views.give, name="bulk_give"),
    path("bulk/<int:pk>/undo/", views.undo, name="bulk_undo"),
    path("end/", ending_views.end, name="end_many"),
]
