"""Every setting, read from the environment. A wrong value is refused by its name.

`.env.example` lists each variable with its default and meaning.
"""

import os
from pathlib import Path

from csp.constants import SELF
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

from config.version import VERSION

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(os.environ.get("MOODREEL_ENV_FILE", str(BASE_DIR / ".env")), recurse=False)

# --- Where things live -------------------------------------------------------------------------------
HOME = env.path("MOODREEL_HOME", BASE_DIR / "var" / "site").resolve()
INBOX = env.path("MOODREEL_INBOX", HOME / "inbox").resolve()
MEDIA_ROOT = env.path("MOODREEL_MEDIA", HOME / "media").resolve()
FEATURES_ROOT = env.path("MOODREEL_FEATURES", HOME / "features").resolve()
RUNS_ROOT = env.path("MOODREEL_RUNS", HOME / "runs").resolve()
LOG_ROOT = HOME / "log"


def secret_key() -> str:
    """The environment's key, else the one the supervisor left in the home folder, else none.

    With an empty key the web server does not start.
    """
    given: str = env.str("MOODREEL_SECRET_KEY", "")
    kept = HOME / "secret-key"
    if not given and kept.is_file():
        return kept.read_text().strip()
    return given


# --- Security ----------------------------------------------------------------------------------------
DEBUG = env.bool("MOODREEL_DEBUG", False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env.list("MOODREEL_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("MOODREEL_ORIGINS", [])
BEHIND_TLS = env.bool("MOODREEL_BEHIND_TLS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["annotations.roles.RoleBackend", "annotations.roles.PasswordBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# --- Applications ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_countries",
    "django_htmx",
    "csp",
    "curation",
    "annotations",
    "worker",
    "config",
]
MIDDLEWARE = [
    "config.middleware.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "worker.context.worker_warning",
            ]
        },
    }
]

# --- Database ----------------------------------------------------------------------------------------
DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{HOME / 'moodreel.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # FULL: an acknowledged vote survives a power cut, not only a crash.
    # IMMEDIATE takes the write lock when a transaction begins, so that two of them queue instead of one
    # failing half-way with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    # A file, not memory: tests with several connections must meet the locks that production meets.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Languages and time ------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("ar", _("Arabic")),
    ("ko", _("Korean")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("MOODREEL_TIME_ZONE", "UTC")

# --- Static files and uploads ------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served straight from the source folder: there is no collecting step to forget.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if DEBUG else 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
DATA_UPLOAD_MAX_NUMBER_FILES = 2000
FILE_UPLOAD_PERMISSIONS = 0o640
MAX_UPLOAD_BYTES = env.int("MOODREEL_MAX_UPLOAD_MB", 2048, validate=validate.Range(min=1)) * 2**20

# --- Background work ---------------------------------------------------------------------------------
BROKER_URL = env.str("MOODREEL_BROKER", "memory://")
LEASE_S = env.int("MOODREEL_JOB_LEASE_S", 30, validate=validate.Range(min=5))
CODE_VERSION = env.str("MOODREEL_CODE_VERSION", VERSION)
DEVICE = env.str("MOODREEL_DEVICE", "auto", validate=validate.OneOf(["auto", "cpu", "cuda"]))

# --- Logs --------------------------------------------------------------------------------------------
LOG_LEVEL = env.str(
    "MOODREEL_LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
