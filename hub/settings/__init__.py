"""Every setting of Berth, read from the environment and nowhere else; docs/configuration.md lists them all."""

from __future__ import annotations

from typing import Any

from hub import backends, env
from hub.settings.content import *
from hub.settings.people import *
from hub.settings.place import *
from hub.settings.place import BASE_DIR, HUB_DATA_DIR, HUB_HOSTS
from hub.settings.queue import *

# -- Core
DEBUG = False
ALLOWED_HOSTS = HUB_HOSTS
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

HUB_ADMIN = env.flag("HUB_ADMIN", True)

INSTALLED_APPS = [
    "accounts",
    "repositories",
    "registry_api",
    "hub",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "hub.middleware.RequestId",
    "hub.middleware.RegistryDoor",
    "hub.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hub.context_processors.site",
            ],
            "builtins": ["hub.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "hub.forms.HubRenderer"

# -- Database
DATABASE_URL = env.sealed("DATABASE_URL", f"sqlite:///{HUB_DATA_DIR / 'hub.sqlite3'}")
DATABASES = {"default": backends.database(DATABASE_URL)}

# -- Static files
STATIC_URL = "/static/"
STATIC_ROOT = HUB_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "hub.assets.ModuleManifestStorage"},
}

# -- REST
#: Requests a minute: of one account, and of one client address without an account.
HUB_API_RATE = env.count("HUB_API_RATE", 1200, low=1)
HUB_API_ANONYMOUS_RATE = env.count("HUB_API_ANONYMOUS_RATE", 300, low=1)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.AccessTokenAuthentication",
        "accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "hub.api.openapi.Description",
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttling.CallerThrottle"],
    "EXCEPTION_HANDLER": "hub.api.errors.answer_error",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATION_PARAMETERS": False,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# -- Logs: one line an event, to standard error
HUB_LOG_LEVEL = env.choice("HUB_LOG_LEVEL", "info", ("debug", "info", "warning", "error")).upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "hub.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": HUB_LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        # A line for each job of the timetable, or each client that is sent to sign in, would bury the rest.
        "django.request": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
    },
}
