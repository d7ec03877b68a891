"""Settings of the test run: the embedded ones with secrets of their own and cheap password hashing."""

import os
import tempfile

os.environ.setdefault("CXACCESS_DATA", tempfile.mkdtemp(prefix="cxaccess-test-"))
os.environ["CXACCESS_SECRET_KEY"] = "tests-only-" + "x" * 50
os.environ["CXACCESS_ENCRYPTION_KEYS"] = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="

from cxaccess.settings import *  # noqa: F403 - the environment must be set first

# Hashing is slow on purpose; what tests prove about passwords does not depend on how slow.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # noqa: F405 - from the settings; whitenoise warns where it is missing
