"""Addresses of the trail."""

from django.urls import path

from audits.trail import views

app_name = "trail"
urlpatterns = [
    path("", views.trail, name="list"),
    path("days/", views.days, name="days"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.event, name="detail"),
]
