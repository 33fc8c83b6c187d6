"""Django's settings, made from the typed settings of the installation (`core.settings`)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from msgspec.structs import replace

from smartbill.config.keys import kept_keys
from smartbill.config.logs import logging_settings
from smartbill.core.settings import Settings, parse_settings


def _with_keys(settings: Settings) -> Settings:
    return settings if settings.secret_keys else replace(settings, secret_keys=kept_keys(settings.home))


def database_settings(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "smartbill.database.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # A cached plan ignores the company's policy: 1,976 ms against 0.17 measured.
        "OPTIONS": {**options, "prepare_threshold": None, "options": "-c plan_cache_mode=force_custom_plan"},
    }


SMARTBILL: Settings = _with_keys(parse_settings(os.environ))

_SOURCE = Path(__file__).resolve().parents[1]
_PROJECT = _SOURCE.parents[1]

SECRET_KEY = SMARTBILL.secret_keys[0]
SECRET_KEY_FALLBACKS = list(SMARTBILL.secret_keys[1:])
DEBUG = False
ALLOWED_HOSTS = list(SMARTBILL.allowed_hosts) or ["*"]

INSTALLED_APPS = [
    "smartbill.apps.accounts",
    "smartbill.apps.companies",
    "smartbill.apps.audit",
    "smartbill.apps.events",
    "smartbill.apps.intake",
    "smartbill.apps.archive",
    "smartbill.apps.tickets",
    "smartbill.apps.desk",
    "smartbill.apps.messaging",
    "smartbill.apps.payments",
    "smartbill.apps.reporting",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "smartbill.web.bodies.BodyLimit",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "smartbill.web.backoffice.door.StaffDoor",
]

ROOT_URLCONF = "smartbill.config.urls"
WSGI_APPLICATION = "smartbill.config.wsgi.application"
DATABASES = {"default": database_settings(SMARTBILL.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "NAME": "portal",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_SOURCE / "web" / "portal" / "templates"],
        "OPTIONS": {"environment": "smartbill.web.portal.jinja.environment", "autoescape": True},
    },
    {
        "NAME": "staff",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_SOURCE / "web" / "backoffice" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "smartbill.web.backoffice.tags"],
        },
    },
]

# Italian is the language the texts are written in; others are translations of it.
LANGUAGE_CODE = "it"
LANGUAGES = [("it", "Italiano")]
LOCALE_PATHS = [_PROJECT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Rome"

STATIC_URL = "/static/"
STATIC_ROOT = SMARTBILL.home / "static"
STATICFILES_DIRS = [_SOURCE / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Shared by all processes: limits of sign-in and codes already used must hold on every machine.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "accounts_cache"},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/backoffice/"
LOGOUT_REDIRECT_URL = "/backoffice/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "smartbill.web.backoffice.accounts.ClosedAccounts"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key,30/15m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = SMARTBILL.trusted_proxies
MFA_ADAPTER = "smartbill.web.backoffice.accounts.SealedSecondFactor"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Bolletta Smart"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
_SECURE = SMARTBILL.base_url.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_NAME = "__Host-session" if _SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _SECURE else "csrf"
SECURE_SSL_REDIRECT = SMARTBILL.production
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # asked by load balancers, behind the encryption
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SMARTBILL.production else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SMARTBILL.production
SECURE_HSTS_PRELOAD = SMARTBILL.production
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SMARTBILL.trusted_proxies else None
CSRF_TRUSTED_ORIGINS = [SMARTBILL.base_url]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_smtp = urlsplit(SMARTBILL.smtp_url or "smtp://localhost:25")
EMAIL_HOST = _smtp.hostname or "localhost"
EMAIL_PORT = _smtp.port or 25
EMAIL_HOST_USER = unquote(_smtp.username or "")
EMAIL_HOST_PASSWORD = unquote(_smtp.password or "")
EMAIL_USE_SSL = _smtp.scheme == "smtps"
EMAIL_USE_TLS = "starttls=1" in _smtp.query
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = SMARTBILL.notices_from

FILE_UPLOAD_HANDLERS = [
    "smartbill.web.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
#: Who draws a bill for staff as its customer would see it.
BILL_PREVIEW = "smartbill.web.portal.preview.bill_pages"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LOGGING_CONFIG = None
LOGGING: dict[str, Any] = logging_settings(development=not SMARTBILL.production)

PROCRASTINATE_IMPORT_PATHS = ["smartbill.usecases.tasks"]
