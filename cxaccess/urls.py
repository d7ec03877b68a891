"""Every address of the console."""

from django.urls import URLPattern, URLResolver, include, path

from audits.overview.views import overview, overview_desk
from cxaccess import health
from cxaccess.appearance import choose
from cxaccess.gallery import gallery
from cxaccess.help import help_page
from cxaccess.search import search
from permissions.api.document_views import configuration
from permissions.check.views import my_access, my_use, my_why

urlpatterns: list[URLPattern | URLResolver] = [
    path("-/live", health.live, name="live"),
    path("-/ready", health.ready, name="ready"),
    path("access/v1/", include("permissions.api.urls")),
    path(".well-known/authzen-configuration", configuration, name="authzen-configuration"),
    path("catalogue/", include("permissions.catalogue.urls")),
    path("grants/things/", include("permissions.objects.urls")),
    path("grants/", include("permissions.grants.urls")),
    path("mailbox/", include("cxaccess.jobs.urls")),
    path("imports/", include("permissions.imports.urls")),
    path("roles/", include("permissions.roles.urls")),
    path("birthrights/", include("permissions.birthrights.urls")),
    path("policies/", include("permissions.policies.urls")),
    path("resources/", include("permissions.resources.urls")),
    path("check/", include("permissions.check.urls")),
    path("me/access/", my_access, name="my-access"),
    path("me/access/use/", my_use, name="my-use"),
    path("me/access/why/", my_why, name="my-access-why"),
    path("", overview, name="overview"),
    path("overview/figures/", overview_desk, name="overview-desk"),
    path("search/", search, name="search"),
    path("gallery/", gallery, name="gallery"),
    path("help/", help_page, name="help-start"),
    path("help/<slug:page>/", help_page, name="help"),
    path("appearance/", choose, name="appearance"),
    path("", include("accounts.signin.urls")),
    path("settings/", include("permissions.instance.urls")),
    path("setup/", include("permissions.setup.urls")),
    path("people/", include("accounts.people.urls")),
    path("structure/", include("accounts.structure.urls")),
    path("views/", include("accounts.saved.urls")),
    path("integrations/", include("accounts.integrations.urls")),
    path("groups/", include("accounts.groups.urls")),
    path("teams/", include("accounts.teams.urls")),
    path("trail/", include("audits.trail.urls")),
]

handler400 = "cxaccess.errors.bad_request"
handler403 = "cxaccess.errors.forbidden"
handler404 = "cxaccess.errors.not_found"
handler429 = "cxaccess.errors.too_many_requests"
handler500 = "cxaccess.errors.server_error"
