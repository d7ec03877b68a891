"""Settings of the test run: the embedded ones with secrets of their own, on SQLite in a file or on a real PostgreSQL.

The database is a file, not memory, so that threads and processes of a test meet as they do in life.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "CXACCESS_TEST_DATA" not in os.environ:
    os.environ["CXACCESS_TEST_DATA"] = tempfile.mkdtemp(prefix="cxaccess-test-")
    atexit.register(shutil.rmtree, os.environ["CXACCESS_TEST_DATA"], ignore_errors=True)
# Each process of xdist has a folder of its own: some tests look at what lies there.
_folder = Path(os.environ["CXACCESS_TEST_DATA"], os.environ.get("PYTEST_XDIST_WORKER", "one"))
_folder.mkdir(exist_ok=True)
os.environ["CXACCESS_DATA"] = str(_folder)
os.environ["CXACCESS_SECRET_KEY"] = "tests-only-" + "x" * 30 + "0123456789"
os.environ["CXACCESS_ENCRYPTION_KEYS"] = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="
# Nothing that a developer's shell points to may be touched.
for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CXACCESS_MODE", "CXACCESS_DEMO", "CXACCESS_URL"):
    os.environ.pop(name, None)
if "CXACCESS_TEST_REDIS" in os.environ:
    os.environ["REDIS_URL"] = os.environ["CXACCESS_TEST_REDIS"]

from cxaccess.settings import *  # noqa: E402, F403 - the environment must be set first
from cxaccess.settings import DATA_DIR, DATABASES  # noqa: E402 - the same

if "CXACCESS_TEST_POSTGRES" in os.environ:
    DATABASES["default"] = {
        "ENGINE": "cxaccess.lib.postgresql",
        "NAME": "cxaccess",
        "USER": "postgres",
        "HOST": os.environ["CXACCESS_TEST_POSTGRES"],
        # A test database is made by way of one that exists.
        "TEST": {"TEMPLATE": "template0"},
    }
else:
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

LOGGING_CONFIG = None  # pytest catches the logs
(DATA_DIR / "static").mkdir(exist_ok=True)  # whitenoise warns where it is missing
# Hashing is slow on purpose; what tests prove about passwords does not depend on how slow.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STENCILS_CHECKED = True
