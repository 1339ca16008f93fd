"""Every setting, in one place. The environment is the only difference between two installations."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))

PRODUCTION = env.flag("PRODUCTION")
TEST_CLOCK = env.text("TEST_CLOCK")
SECRET_KEY = env.text("SECRET_KEY") if PRODUCTION else env.secret_key(DATA_DIR / "secret.key")
if PRODUCTION and len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("PRODUCTION needs a SECRET_KEY of at least 40 characters.")
if PRODUCTION and TEST_CLOCK:
    raise ImproperlyConfigured("TEST_CLOCK must not be set with PRODUCTION: reminders would go by a made-up clock.")

DEBUG = False
PORT = env.number("PORT", 8000)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1]")
BASE_URL = env.text("BASE_URL", f"http://127.0.0.1:{PORT}")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")
ADMIN_PATH = env.text("ADMIN_PATH")

DATABASES = {"default": env.database(env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'coursekeeper.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
PRINT_DAY = env.flag("PRINT_DAY", default=not REDIS_URL)
SEND_MESSAGES = env.flag("SEND_MESSAGES")
SEND_ONLY_TO = env.words("SEND_ONLY_TO")
SMS = env.sms(env.text("SMS_URL", "log://"))
SMS_API_BASE = env.text("SMS_API_BASE", "https://api.twilio.com")
PACE = {"sms": env.number("SMS_PER_SECOND", 20), "email": env.number("EMAIL_PER_SECOND", 20)}
# Tokens of patients' links are made with it: whoever has it and the database has every link.
LINK_KEY = env.text("LINK_KEY", SECRET_KEY)
LINK_URL = env.text("LINK_URL", BASE_URL)
SENDER_EPOCH = env.text("SENDER_EPOCH")
SENDER_FILE = DATA_DIR / "sender"
METRICS_TOKEN = env.text("METRICS_TOKEN")
WORKER_SILENCE = env.number("WORKER_SILENCE", 240)
MESSAGE_LEASE = env.number("MESSAGE_LEASE", 120)
MESSAGE_QUARANTINE = env.number("MESSAGE_QUARANTINE", 600)
vars().update(env.email(env.text("EMAIL_URL", "log://")))
EMAIL_TIMEOUT = PROVIDER_TIMEOUT = env.number("PROVIDER_TIMEOUT", 15)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "visits@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
BOUNCE_MAILBOX = env.text("BOUNCE_MAILBOX")

INSTALLED_APPS = [
    "config",
    "clinic",
    "patients",
    "scheduling",
    "notifications",
    "attention",
    "frontdesk",
    "api",
    "portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.packing.PackedPages",
    "csp.middleware.CSPMiddleware",
    "clinic.body_limit.BodyLimit",
    "clinic.middleware.PrivateAnswers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.middleware.SignInRequired",
    "clinic.middleware.LockIdle",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontdesk.context.shell",
            ]
        },
    }
]

# --- people and sessions ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "clinic.StaffUser"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "clinic.sign_in.StaffAdapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
SESSION_ENGINE = "clinic.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "frontdesk.views.errors.stale_form"

# --- what browsers may do ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# --- time, language, files ----------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"  # instants are UTC; a person always reads the clinic's wall clock
LANGUAGE_CODE = "en-us"
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static.NamedByContent"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- machines -----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.Declared"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.PerPerson"],
    "DEFAULT_THROTTLE_RATES": {"user": env.text("API_RATE", "6000/min")},
    "EXCEPTION_HANDLER": "api.errors.answer",
    "NUM_PROXIES": len(TRUSTED_PROXIES),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Coursekeeper",
    "DESCRIPTION": "Courses of treatment: plan, book, run the day.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # It only counts requests: one that hangs must not hold a booking for its usual five seconds.
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Index columns that only PostgreSQL can include are meant; SQLite reads the rows instead.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # It takes the tokens of patients' links out of every line.
        "line": {"()": "config.logs.Scrubbed", "format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
