"""People: sign-up, sign-in, passwords, mail to them, sessions and what browsers are told."""

from __future__ import annotations

from urllib.parse import urlsplit

from hub import backends, env
from hub.settings.place import HUB_DATA_DIR, HUB_IS_LOOPBACK, HUB_IS_SECURE, HUB_PUBLIC_URL, SITE_NAME

_PUBLIC = urlsplit(HUB_PUBLIC_URL)

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

# -- Accounts
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
