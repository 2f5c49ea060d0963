"""Every setting of Berth, read from the environment and nowhere else; docs/configuration.md lists them all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub import backends, env

BASE_DIR = Path(__file__).resolve().parent.parent

# -- Where the hub lives
HUB_DATA_DIR = env.path("HUB_DATA_DIR", BASE_DIR / "data")
HUB_BIND = env.address("HUB_BIND", "127.0.0.1")
HUB_PORT = env.count("HUB_PORT", 8000, low=1, high=65535)
HUB_PUBLIC_URL = env.origin("HUB_PUBLIC_URL", f"http://localhost:{HUB_PORT}")
HUB_TRUSTED_PROXIES = env.names("HUB_TRUSTED_PROXIES")

_PUBLIC = urlsplit(HUB_PUBLIC_URL)
HUB_IS_LOOPBACK = env.is_loopback(_PUBLIC.hostname or "")
HUB_IS_SECURE = _PUBLIC.scheme == "https"
#: Host and port as people write them in `docker pull`.
HUB_REGISTRY_HOST = _PUBLIC.netloc
HUB_HOSTS = env.names("HUB_HOSTS") or [
    _PUBLIC.hostname or "",
    *(["localhost", "127.0.0.1", "[::1]"] if HUB_IS_LOOPBACK else []),
]

# -- Secrets
SECRET_KEY = env.secret("HUB_SECRET_KEY", HUB_DATA_DIR / "secret_key")
#: Encrypts private signing keys and keys the hashes of access tokens; kept apart from SECRET_KEY.
HUB_FIELD_KEY = env.secret("HUB_FIELD_KEY", HUB_DATA_DIR / "field_key")

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
SITE_NAME = "Berth"

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

# -- Cache and queue: Redis when it is there, nothing to install when it is not
REDIS_URL = env.sealed("REDIS_URL")
CACHES = {"default": backends.cache(REDIS_URL)}

_QUEUE_DIR = HUB_DATA_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = backends.broker_options(REDIS_URL, _QUEUE_DIR)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_SERIALIZER = "json"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
# Orders to workers travel by fan-out; on files each asker would leave a queue behind.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "hub.timetable.Memory"
CELERY_BEAT_SCHEDULE_FILENAME = str(_QUEUE_DIR / "timetable.json")

# -- Content: storage, garbage, limits
HUB_STORAGE_URL = env.sealed("HUB_STORAGE_URL", f"file://{HUB_DATA_DIR / 'blobs'}")
HUB_GC_GRACE = env.span("HUB_GC_GRACE", "24h")
HUB_GC_INTERVAL = env.span("HUB_GC_INTERVAL", "30s")
HUB_TRASH_DELAY = env.span("HUB_TRASH_DELAY", "1h")
HUB_UPLOAD_TTL = env.span("HUB_UPLOAD_TTL", "24h")
HUB_UNTAGGED_DAYS = env.count("HUB_UNTAGGED_DAYS", 14)
HUB_RESTORE_DAYS = 0  # deleted manifests are not kept until tags have a history to restore them from
HUB_CREATE_ON_PUSH = env.flag("HUB_CREATE_ON_PUSH", True)
HUB_MAX_MANIFEST_BYTES = 4 * 2**20
HUB_MAX_BLOB_BYTES = env.size("HUB_MAX_BLOB_BYTES", 64 * 2**30)
HUB_MAX_UPLOADS = env.count("HUB_MAX_UPLOADS", 100, low=1)
HUB_FREE_DISK_FLOOR = env.size("HUB_FREE_DISK_FLOOR", 256 * 2**20)

# -- The registry's tokens
HUB_REGISTRY_TOKEN_TTL = timedelta(minutes=5)
#: Other registries for which the token service signs.
HUB_TOKEN_SERVICES = env.names("HUB_TOKEN_SERVICES")

# -- Mail
HUB_MAIL_URL = env.sealed("HUB_MAIL_URL")
#: smtp: a server delivers · outbox: a folder that the local mail page shows · none: an administrator verifies people
HUB_MAIL = "smtp" if HUB_MAIL_URL else "outbox" if HUB_IS_LOOPBACK else "none"
HUB_OUTBOX_DIR = HUB_DATA_DIR / "outbox"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("HUB_MAIL_FROM", f"{SITE_NAME} <noreply@{_PUBLIC.hostname}>")
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "outbox": "hub.mail.OutboxBackend",
    "none": "django.core.mail.backends.dummy.EmailBackend",
}[HUB_MAIL]
if HUB_MAIL_URL:
    globals().update(backends.mail(HUB_MAIL_URL))

# -- People
AUTH_USER_MODEL = "accounts.User"
HUB_SIGNUP = env.choice("HUB_SIGNUP", "open" if HUB_IS_LOOPBACK else "closed", ("open", "invite", "closed"))
AUTHENTICATION_BACKENDS = ["accounts.adapters.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.EndsTokens"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "accounts.forms.SignUpForm",
    "login": "accounts.forms.SignInForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
    "confirm_email_verification_code": "accounts.forms.MailedCodeForm",
    "confirm_password_reset_code": "accounts.forms.ResetCodeForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "phone_number"
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 900
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = False  # counted in a cache we may not have; accounts.limits counts in the database
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _PUBLIC.scheme

# -- Sessions, cookies, browsers
_PREFIX = "__Host-" if HUB_IS_SECURE else ""
SESSION_COOKIE_NAME = f"{_PREFIX}hub_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HUB_IS_SECURE
SESSION_COOKIE_AGE = 14 * 86400
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_PREFIX}hub_csrf"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [HUB_PUBLIC_URL]
CSRF_FAILURE_VIEW = "hub.views.csrf_failure"
SECURE_HSTS_SECONDS = 31_536_000 if HUB_IS_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 0

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
