"""Addresses of saved views."""

from django.urls import path

from accounts.saved import views

app_name = "saved"
urlpatterns = [
    path("", views.save, name="save"),
    path("<int:pk>/rename/", views.rename, name="rename"),
    path("<int:pk>/delete/", views.delete, name="delete"),
]
