"""The settings under test: the real ones, in a home folder of their own.

Set before the first import of `config.settings`, so that a plain `pytest` needs nothing exported and can never
touch a real site.
"""

import atexit
import os
import shutil
import tempfile

if (
    "MOODREEL_TEST_HOME" not in os.environ
):  # the parallel workers share the folder of the process that starts them
    os.environ["MOODREEL_TEST_HOME"] = tempfile.mkdtemp(prefix="moodreel-tests-")
    atexit.register(shutil.rmtree, os.environ["MOODREEL_TEST_HOME"], ignore_errors=True)

for name in [name for name in os.environ if name.startswith("MOODREEL_") and name != "MOODREEL_TEST_HOME"]:
    del os.environ[name]
os.environ.update(
    MOODREEL_HOME=os.environ["MOODREEL_TEST_HOME"],
    MOODREEL_SECRET_KEY="only-for-tests-and-long-enough-0123456789-abcdefghijklmnop",
    MOODREEL_DEVICE="cpu",
    MOODREEL_ENV_FILE=os.devnull,
    MOODREEL_LOG_LEVEL="WARNING",
)

from config.settings import *  # noqa: E402, F403

# The real hash is slow on purpose; the cast logs in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Else every test client reads the whole folder of static files once more.
WHITENOISE_AUTOREFRESH = True
