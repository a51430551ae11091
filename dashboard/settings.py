"""Settings, parsed once from the environment, typed, failing loudly with the name of the variable.

What the environment leaves out comes from the embedded services of `bin/up` (standalone/discovery.py).
"""

import os
import sys
from pathlib import Path

import environ
import plotly
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from dashboard.core.connections import ScopedConnection
from dashboard.core.logs import logging_settings
from dashboard.core.static_storage import add_snippet_headers
from dashboard.standalone.discovery import data_folder, manage_command, runtime_environment

BASE_DIR = Path(__file__).resolve().parent.parent
for _name, _value in runtime_environment().items():
    os.environ.setdefault(_name, _value)
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
MANAGE_COMMAND = manage_command(data_folder()) if runtime_environment() else "python manage.py"  # as pages tell it
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=False)

DATABASES = {"default": env.db_url("DATABASE_URL", engine="dashboard.core.postgres")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE_SECONDS", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A server whose machine or network is gone says nothing: after a minute of silence the connection counts as lost. Web
# processes notice sooner (core/postgres/watch.py).
_LOST_CONNECTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
DATABASES["default"]["OPTIONS"] = {
    **_LOST_CONNECTIONS,
    **DATABASES["default"].get("OPTIONS", {}),
    "connection_factory": ScopedConnection,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
# How long a counter or a cached value is waited for; a slate costs 1 to 5 ms (core/valkey.py says what comes then).
BROKER_TIMEOUTS = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": BROKER_TIMEOUTS,
    }
}
ARTIFACT_STORE = env.str("ARTIFACT_STORE", default=str(data_folder() / "artifacts"))
DATA_DIR = data_folder()
# What trains: the arguments of `python -m recommender` follow. Another Python may have another torch (a GPU's).
TRAINER_COMMAND = env.list("TRAINER_COMMAND", default=[sys.executable, "-m", "recommender"])
# How far a training stands back: behind serving, within so much memory and so many cores (0: all there is), and so many
# at once on this machine, whatever number of workers it has (0: any).
TRAINER_NICE = env.int("TRAINER_NICE", default=10)
TRAINER_MEMORY_MIB = env.int("TRAINER_MEMORY_MIB", default=0)
TRAINER_CORES = env.int("TRAINER_CORES", default=0)
TRAINER_MINUTES = env.int("TRAINER_MINUTES", default=0)
ARTIFACTS_MIB = env.int("ARTIFACTS_MIB", default=0)
TRAINER_RUNS_AT_ONCE = env.int("TRAINER_RUNS_AT_ONCE", default=1)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "dashboard.core",
    "dashboard.accounts",
    "dashboard.catalog",
    "dashboard.events",
    "dashboard.segments",
    "dashboard.audiences",
    "dashboard.webhooks",
    "dashboard.beliefs",
    "dashboard.training",
    "dashboard.updates",
    "dashboard.policies",
    "dashboard.experiments",
    "dashboard.serving",
    "dashboard.ledger",
    "dashboard.exports",
    "dashboard.overview",
    "dashboard.operations",
    "dashboard.api",
    "dashboard.standalone",
]

MIDDLEWARE = [
    "dashboard.core.observing.Observed",
    "dashboard.core.middleware.ShopScope",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.core.postgres.middleware.WatchedDatabase",
    "dashboard.core.request_limits.PageLimits",
    "dashboard.api.cors.Cors",
    "dashboard.api.middleware.ApiGate",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "dashboard.core.middleware.FriendlyErrors",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.accounts.context_processors.shop",
                "dashboard.overview.context_processors.standing",
            ],
            "builtins": ["dashboard.core.templatetags.forage"],
        },
    }
]

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "dashboard.accounts.passwords.VisibleCharacters"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
AXES_VERBOSE = False
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_USERNAME_CALLABLE = "dashboard.accounts.login_throttle.tried_account"
AXES_USERNAME_FORM_FIELD = "username"  # else axes looks for “email” in the form, and locks out nobody
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "dashboard.core.addresses.client_address"
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
DATABASE_IS_HERE = env.bool("FORAGE_DATABASE_IS_HERE", default=False)  # set by bin/up, with its embedded PostgreSQL
BEHIND_FRONT = env.bool("FORAGE_BEHIND_FRONT", default=False)  # set by bin/up for what only its front reaches

# Languages, money and time
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

# Static files: ours, and Plotly's bundle out of the installed package
STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(data_folder() / "static"))
STATICFILES_DIRS = [
    BASE_DIR / "dashboard" / "static",
    ("plotly", Path(plotly.__file__).parent / "package_data"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "dashboard.core.static_storage.StaticStorage"
    },
}

WHITENOISE_ADD_HEADERS_FUNCTION = add_snippet_headers

# Security: no inline scripts, no eval, no inline styles but this one: the full Plotly bundle adds a sheet for maps that
# Forage never draws. Allowed by its hash, it keeps the console quiet; tests/browser see when a new Plotly changes it.
PLOTLY_MAP_STYLE = "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, PLOTLY_MAP_STYLE],
        "img-src": [SELF, "data:", "https:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS_ONLY
# A proxy that ends TLS says so, whatever its client said; without one nobody is believed.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT > 0 else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # 1 MiB: the API's limit of a request

# behaviour older than so many months is dropped; 0 keeps it. A shop may keep less (events.models.Retention)
EVENTS_RETENTION_MONTHS = env.int("EVENTS_RETENTION_MONTHS", default=0)

# what no key may exceed, whatever its shop set; 0 also lifts the defaults of the kinds (accounts.models.ApiKey)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=120_000)
# whether scheduled feeds may be fetched from hosts that are not on the public internet
FEEDS_ALLOW_PRIVATE_HOSTS = env.bool("FEEDS_ALLOW_PRIVATE_HOSTS", default=False)
# whether webhooks may go to hosts that are not on the public internet, and without TLS
WEBHOOKS_ALLOW_PRIVATE_HOSTS = env.bool("WEBHOOKS_ALLOW_PRIVATE_HOSTS", default=False)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["dashboard.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["dashboard.api.permissions.HasKey"],
    "DEFAULT_RENDERER_CLASSES": ["dashboard.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dashboard.api.parsers.OrjsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["dashboard.api.throttling.KeyThrottle"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dashboard.api.negotiation.JsonAnyway",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dashboard.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Forage",
    "DESCRIPTION": "The shop's interface to Forage: send behaviour and catalog, ask for slates.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["dashboard.api.schema.complete"],
}

LOGGING = logging_settings(
    level=env.str("LOG_LEVEL", default="INFO"),
    form=env.str("LOG_FORMAT", default="line" if DEBUG else "json"),
)
# Whether the sample shop has a front at /demo/, open to everybody who reaches this server; bin/up switches it on
DEMO = env.bool("DEMO", default=False)
# Whom alerts reach, how mail is sent (smtp+tls://user:password@host:587), and after how many hours without events
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
ALERT_SILENCE_HOURS = env.int("ALERT_SILENCE_HOURS", default=24)
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="forage@localhost")
# Who may read /metrics from elsewhere than this machine
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
