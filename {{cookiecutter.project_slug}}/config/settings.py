"""Every setting of the site, driven by the environment. `.env.example` lists the variables."""

from pathlib import Path
from typing import Any

import environ
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from config.postgres_pool import RECONNECT_SECONDS, check_connection

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# With nothing set, this is a development site that answers on localhost only.
DEBUG = env.bool("DEBUG", default=True)

required_in_production = ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL")
missing = [name for name in required_in_production if not env.str(name, default="")]
if missing and not DEBUG:
    raise ImproperlyConfigured(
        f"DEBUG is off, so these environment variables must be set: {', '.join(missing)}. "
        "See .env.example, or set DEBUG=on for development."
    )

# Not as a default of env.str(), which would follow a name that begins with $.
SITE_NAME = env.str("SITE_NAME", default="") or "{{ cookiecutter.__project_name }}"  # fmt: skip

# Security
SECRET_KEY = env.str("SECRET_KEY", default="") or "only-for-development"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the proxy must overwrite it
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, where there is no TLS
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)

# Applications
INSTALLED_APPS = [
    "daphne",  # first: its runserver serves HTTP and WebSockets
    "accounts",
    "chat",
    "chatbot",
    "realtime",
    "worker",
    "allauth",
    "allauth.account",
    "channels",
    "django_tasks_db",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
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
                "accounts.context_processors.site",
            ],
        },
    },
]

# Database: SQLite in one file until DATABASE_URL names another
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL") if env.str("DATABASE_URL", default="") else SQLITE
}
POOL_SIZE = 12  # connections of one process to PostgreSQL
database_options = DATABASES["default"].setdefault("OPTIONS", {})  # such as sslmode, by the URL
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    database_options |= {
        # A transaction that reads and then writes would fail, not wait, where another one writes.
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
    }
else:
    # A pool, since CONN_MAX_AGE leaks connections under ASGI (Django ticket 33497): for as many
    # pages as config/limits.py lets run at once, and four threads of realtime/database.py.
    # Its timeout is shorter than Daphne's patience with a socket that connects.
    database_options["pool"] = {
        "min_size": 1,
        "max_size": POOL_SIZE,
        "timeout": 5,
        "reconnect_timeout": RECONNECT_SECONDS,
        "check": check_connection,
    }
    # What the pool gives out works, even if the server was restarted meanwhile.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Channel layers, for groups and for work: see docs/decisions/two-channel-layers.md
CHANNEL_LAYERS: dict[str, dict[str, Any]]
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    redis_host = {
        "address": REDIS_URL,
        "health_check_interval": 30,
        # redis-py 8 has defaults that break the core layer: 5 s, for which it blocks in Redis,
        "socket_timeout": None,
        "max_connections": 10_000,  # and 100, which as many sends at once use up
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "realtime.layers.PubSubLayer",
            "CONFIG": {"hosts": [redis_host]},
        },
        "queue": {
            "BACKEND": "realtime.queue_layer.QueueLayer",
            "CONFIG": {"hosts": [redis_host], "prefix": "queue", "capacity": 10_000},
        },
    }
else:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "realtime.layers.InMemoryLayer",
            "CONFIG": {"capacity": 1000},
        },
        "queue": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10_000},
        },
    }

# Background tasks; without Redis no other process can hear of them, so this one runs them
TASKS = {"default": {"BACKEND": "worker.backend.ChannelsBackend"}}
EMBEDDED_WORKER = not REDIS_URL
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=8)  # tasks at a time, in one process
WORKER_GRACE_SECONDS = env.float("WORKER_GRACE_SECONDS", default=20)  # to finish what runs
WORKER_HEARTBEAT_FILE = env.str("WORKER_HEARTBEAT_FILE", default="")  # touched while it is well

# What all processes may take together: the check realtime.W002 compares it with the server's.
WORKER_CONNECTIONS = POOL_SIZE + 2 * WORKER_CONCURRENCY  # as worker/server.py makes room for
DATABASE_CONNECTIONS = env.int("WEB_REPLICAS", default=2) * POOL_SIZE
DATABASE_CONNECTIONS += env.int("WORKER_REPLICAS", default=1) * WORKER_CONNECTIONS

# Accounts
SIGN_IN_BY = env.str("SIGN_IN_BY", default="{{ cookiecutter.sign_in_by }}")  # username or email
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_LOGIN_METHODS = {"email"} if SIGN_IN_BY == "email" else {"username"}
ACCOUNT_USERNAME_BLACKLIST = ["bot"]  # who answers in rooms: see chat/bot.py
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "chat:home"

# E-mail: to the console until EMAIL_URL names a server, as in smtp+tls://user:password@host:587
if env.str("EMAIL_URL", default=""):
    smtp = env.email("EMAIL_URL")
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": smtp["EMAIL_HOST"],
                "port": smtp["EMAIL_PORT"],
                "username": smtp["EMAIL_HOST_USER"],
                "password": smtp["EMAIL_HOST_PASSWORD"],
                "use_tls": smtp.get("EMAIL_USE_TLS", False),
                "use_ssl": smtp.get("EMAIL_USE_SSL", False),
            },
        }
    }
elif DEBUG:
    MAILERS = {"default": {"BACKEND": "accounts.mail.ReadableConsoleBackend"}}
else:  # which `check --deploy` refuses
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="{{ cookiecutter.author_email }}")  # fmt: skip

# The Telegram bot, `manage.py runbot`: off until it has a token
TELEGRAM_TOKEN = env.str("TELEGRAM_TOKEN", default="")
TELEGRAM_CHATS = env.list("TELEGRAM_CHATS", cast=int, default=[])  # which may read the rooms
TELEGRAM_URL = env.str("TELEGRAM_URL", default="https://api.telegram.org")

# Language and time
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="{{ cookiecutter.language_code }}")
# What a browser may ask for; who asks for none of them gets LANGUAGE_CODE: see docs/translations.md
LANGUAGES = [(code, code) for code in dict.fromkeys([LANGUAGE_CODE, "en", "de"])]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="{{ cookiecutter.time_zone }}")

# Files: the site's own, and what people upload
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.str("MEDIA_ROOT", default="") or BASE_DIR / "media"
# The largest file; a proxy must let somewhat more through, as Caddyfile does.
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=10 * 1024 * 1024)
UPLOADS_UNSENT = env.int("UPLOADS_UNSENT", default=20)  # files that one may have and not send
if not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "config.hashed_files.HashedStorage"},
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "daphne": {"level": "WARNING"},
        "psycopg.pool": {"level": "ERROR"},  # it warns of each attempt to connect
    },
}

# Prometheus reads /metrics once it has this token; in development, without one
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Errors go to Sentry once SENTRY_DSN is set
if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    sentry_sdk.init(dsn=SENTRY_DSN)
