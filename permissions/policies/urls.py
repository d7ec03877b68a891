"""Addresses of policies."""

from django.urls import path

from permissions.policies import (
    effect_views,
    reason_views,
    recorded_views,
    stage_views,
    version_views,
    views,
    writing_views,
)

app_name = "policies"
urlpatterns = [
    path("", views.index, name="list"),
    path("reason/", reason_views.say, name="reason"),
    path("new/", writing_views.create, name="create"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/write/", writing_views.write, name="write"),
    path("<int:pk>/versions/", version_views.versions, name="versions"),
    path("<int:pk>/versions/compare/", version_views.compare, name="compare"),
    path("<int:pk>/versions/<int:number>/restore/", writing_views.restore, name="restore"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/try/", views.try_it, name="try"),
    path("<int:pk>/effect/", effect_views.effects, name="effect"),
    path("<int:pk>/effect/work-out/", effect_views.work_out, name="work-out"),
    path("<int:pk>/recorded/", recorded_views.recorded, name="recorded"),
    path("<int:pk>/record/", stage_views.record, name="record"),
    path("<int:pk>/enforce/", stage_views.enforce, name="enforce"),
    path("<int:pk>/retire/", stage_views.retire, name="retire"),
    path("<int:pk>/reopen/", stage_views.reopen, name="reopen"),
]
