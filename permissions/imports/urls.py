"""Addresses of imports."""

from django.urls import path

from permissions.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.choose, name="choose"),
    path("new/<slug:kind>/", views.upload, name="upload"),
    path("new/<slug:kind>/example.csv", views.example, name="example"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/columns/", views.columns, name="columns"),
    path("<int:pk>/refusals/", views.refusals, name="refusals"),
    path("<int:pk>/matched/", views.matched_people, name="matched"),
    path("<int:pk>/apply/", views.apply, name="apply"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
]
