"""Theme and density: a choice of the browser, kept in cookies, so that the first paint is already right."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.views.decorators.http import require_POST

from cxaccess.back import came_from

THEMES = ("system", "light", "dark")
DENSITIES = ("comfortable", "compact")
ONE_YEAR = 365 * 86400


@dataclass(frozen=True, slots=True)
class Appearance:
    """How one browser wants the console."""

    theme: str = THEMES[0]
    density: str = DENSITIES[0]

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Read it from the cookies; what is not known is the default."""
        theme, density = request.COOKIES.get("theme", ""), request.COOKIES.get("density", "")
        return cls(
            theme if theme in THEMES else THEMES[0],
            density if density in DENSITIES else DENSITIES[0],
        )


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the theme or density that was pressed and go back; with scripts the page never asks."""
    response = HttpResponseRedirect(came_from(request))
    for name, values in (("theme", THEMES), ("density", DENSITIES)):
        if request.POST.get(name) in values:
            response.set_cookie(name, request.POST[name], max_age=ONE_YEAR, samesite="Lax", secure=request.is_secure())
    return response
