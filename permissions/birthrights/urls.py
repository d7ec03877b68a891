"""Addresses of birthright rules."""

from django.urls import path

from permissions.birthrights import stage_views, views, writing_views

app_name = "birthrights"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", writing_views.create, name="create"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/people/", views.people, name="people"),
    path("<int:pk>/write/", writing_views.write, name="write"),
    path("<int:pk>/versions/", views.all_versions, name="versions"),
    path("<int:pk>/versions/compare/", views.compare, name="compare"),
    path("<int:pk>/versions/<int:number>/restore/", writing_views.restore, name="restore"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/enforce/", stage_views.enforce, name="enforce"),
    path("<int:pk>/retire/", stage_views.retire, name="retire"),
    path("<int:pk>/reopen/", stage_views.reopen, name="reopen"),
]
