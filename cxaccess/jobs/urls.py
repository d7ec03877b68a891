"""The demo's mailbox."""

from django.urls import path

from cxaccess.jobs import views

urlpatterns = [
    path("", views.mail_list, name="mailbox"),
    path("<slug:key>/", views.mail_detail, name="mail"),
]
