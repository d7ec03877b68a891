"""The console's settings with the floor's page among the addresses and the number of queries beside every answer."""

from cxaccess.settings import *  # noqa: F403 - the settings as they are
from cxaccess.settings import MIDDLEWARE

ROOT_URLCONF = "benchmarks.floor"
MIDDLEWARE = ["benchmarks.floor.CountedQueries", *MIDDLEWARE]
