"""Setting up an empty instance."""

from django.urls import path

from permissions.setup.views import set_up

urlpatterns = [path("", set_up, name="set_up")]
