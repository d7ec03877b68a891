"""Settings of a process that a test starts: the very database that the test works in."""

import os

from tests.settings import *  # noqa: F403 - the whole of them
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["CXACCESS_TEST_NAME"]
