"""Addresses of roles."""

from django.urls import path

from permissions.roles import comparing_views, editing, use_views, version_views, views

app_name = "roles"

urlpatterns = [
    path("", views.index, name="list"),
    path("counts/", views.counts, name="counts"),
    path("new/", views.create, name="create"),
    path("compare/", comparing_views.compare, name="compare"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/permissions/", views.permissions, name="permissions"),
    path("<int:pk>/permissions/edit/", editing.edit_permissions, name="edit_permissions"),
    path("<int:pk>/permissions/save/", editing.save, name="save"),
    path("<int:pk>/holders/", views.holders, name="holders"),
    path("<int:pk>/held/", views.held, name="held"),
    path("<int:pk>/use/", use_views.use, name="use"),
    path("<int:pk>/includes/", views.includes, name="includes"),
    path("<int:pk>/versions/", version_views.versions, name="versions"),
    path("<int:pk>/versions/compare/", version_views.compare_versions, name="compare_versions"),
    path("<int:pk>/versions/<int:number>/restore/", version_views.restore, name="restore"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/clone/", views.clone, name="clone"),
    path("<int:pk>/retire/", views.retire, name="retire"),
    path("<int:pk>/reopen/", views.reopen, name="reopen"),
]
