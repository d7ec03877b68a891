"""The web application as servers load it."""

import os

from django.core.wsgi import get_wsgi_application

from cxaccess.lib import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxaccess.settings")
if lifeline.SUPERVISOR in os.environ:
    lifeline.hold()  # the server loads this in its worker processes: they end with the server, however it ends
application = get_wsgi_application()

from cxaccess.checks import refuse_unsafe  # noqa: E402 - the apps must be loaded

refuse_unsafe()

from permissions import counting  # noqa: E402 - the same

counting.start()
