"""Every setting, and the only place that reads the environment; what `make run` is told, config/options.py reads.

A value comes from, first found: the environment; `.env`; `.data/run.env`, which `make run` writes so that
`python manage.py …` in a second terminal meets the same servers. ENV_FILE names another file, or none when empty.
"""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.look import UNFOLD as UNFOLD  # the admin's name, colours and sidebar

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))

OWN_FILES = [BASE_DIR / ".env", DATA_DIR / "run.env"]
for env_file in [Path(os.environ["ENV_FILE"])] if "ENV_FILE" in os.environ else OWN_FILES:
    if env_file.is_file():
        env.read_env(env_file)


def required(name: str, meaning: str) -> str:
    """The value of an environment variable that has no safe default."""
    if value := env.str(name, default=""):
        return value
    raise ImproperlyConfigured(
        f"{name} is not set: {meaning} Set it in the environment or in .env (see .env.example); "
        "on your own machine `make run` makes one in .data/ for you."
    )


# --- What kind of place this is -------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "it signs sessions and tokens, so it must be long, random and your own.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

HTTPS = env.bool("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):  # only when a proxy of yours sets the header itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Applications ---------------------------------------------------------------------------------

# Every folder of shop/ that is an application: a new slice needs no entry here.
SHOP_SLICES = sorted(f"shop.{file.parent.name}" for file in BASE_DIR.glob("shop/*/apps.py"))
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_celery_results",
    "django_filters",
    "django_htmx",
    "djmoney",
    "knox",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config.home",
    "events",
    *SHOP_SLICES,
    "tasks",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "events.middleware.CauseMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- PostgreSQL and Redis -------------------------------------------------------------------------

required("DATABASE_URL", "it says where PostgreSQL is, as postgres://user:password@host:5432/name.")
DATABASES = {
    "default": {
        **env.db("DATABASE_URL"),
        "ATOMIC_REQUESTS": False,  # checkout charges a card, which must never happen inside a transaction
        "CONN_MAX_AGE": env.int("DATABASE_CONNECTION_AGE_SECONDS", default=600),
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# --- The platform ---------------------------------------------------------------------------------

EVENTS = {
    "transport": env.str("EVENTS_TRANSPORT", default="celery"),
    "relay_wake_url": env.str("RELAY_WAKE_URL", default="udp://127.0.0.1:5601"),
    "worker_status_directory": env.str("WORKER_STATUS_DIRECTORY", default=""),
    "worker_starving_seconds": env.float("WORKER_STARVING_SECONDS", default=30.0),
    "worker_stale_seconds": env.float("WORKER_STALE_SECONDS", default=20.0),
    "worker_drain_seconds": env.float("WORKER_DRAIN_SECONDS", default=20.0),
    "rescue_after_seconds": env.float("RESCUE_AFTER_SECONDS", default=120.0),
    "alert_emails": tuple(env.list("ALERT_EMAILS", default=[])),
    # 0 keeps them for good.
    "delivery_retention_days": env.float("DELIVERY_RETENTION_DAYS", default=30.0) or None,
    "log_retention_days": env.float("LOG_RETENTION_DAYS", default=0.0) or None,
    "signing_keys": tuple(env.list("SIGNING_KEYS", default=[])),
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above every task's time limit and every retry's delay: what is older than this is started a second time.
    "visibility_timeout": env.int("VISIBILITY_TIMEOUT_SECONDS", default=1800),
    # A sweep for messages of dead workers every 10 s, not every 100.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "unacked_restore_limit": 1_000,  # at a time: the worker does nothing else meanwhile
    # Without these a worker never consumes again after its connection hung for some seconds.
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 5,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True  # unlike task_reject_on_worker_lost it counts, so it ends
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_WORKER_CONSUMER = "events.transports.consumer:SignedConsumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = env.int("WORKER_PREFETCH", default=4)
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)
CELERY_WORKER_SEND_TASK_EVENTS = env.bool("WORKER_EVENTS", default=False)  # for Flower; costs a third of the speed
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # a second run of theirs is absorbed

# Only failures are stored: a result row for each success costs more than the work.
CELERY_RESULT_BACKEND = "events.transports.results.DeadLetterBackend"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = True
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = None  # dead letters stay until somebody decides

# Celery closes the database connection around every task unless told how many tasks to keep it for.
CELERY_DB_REUSE_MAX = 100_000

CELERY_BEAT_SCHEDULE = {
    "orders.settle_abandoned": {"task": "tasks.orders.settle_abandoned_orders", "schedule": 60.0},
}

# --- Pages, API, admin ----------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["shop.strict.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "shop.problems.problem_response",
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "shop.pages.ShopPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Backroom",
    "DESCRIPTION": "The shop of the Backroom platform: browse products, place orders, look after them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ProductStatus": "shop.catalog.models.Product.Status",
        "OrderStatus": "shop.orders.models.Order.Status",
    },
}
REST_KNOX = {"TOKEN_TTL": None}
FLOWER_URL = env.str("FLOWER_URL", default="http://127.0.0.1:5555/")
DEFAULT_CURRENCY = "GBP"
CURRENCIES = ["GBP", "EUR", "USD"]
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="shop.payments.simulated.SimulatedProvider")
SIMULATED_PAYMENT_SLOW_SECONDS = env.float("SIMULATED_PAYMENT_SLOW_SECONDS", default=3.0)
ORDER_ABANDONED_AFTER_MINUTES = env.int("ORDER_ABANDONED_AFTER_MINUTES", default=15)
ADMIN_PASSWORD = env.str("ADMIN_PASSWORD", default="")  # of the account that config/prepare.py makes on the first start
DEMO_CATALOGUE = env.bool("DEMO_CATALOGUE", default=True)

# --- Languages and time ---------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files and mail -------------------------------------------------------------------------------

LOGIN_REDIRECT_URL = "admin:index"
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("STATIC_HASHED", default=not DEBUG)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Backroom <shop@localhost>")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="backroom.localhost")  # of Message-IDs

# --- Logging: to the terminal, for whoever collects it --------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": env.str("LOG_FORMAT", default="%(asctime)s %(levelname)s %(name)s: %(message)s")}
    },
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["terminal"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # Two lines for every task cost a sixth of the worker's speed.
        "celery.worker.strategy": {"level": env.str("TASK_LOG_LEVEL", default="WARNING")},
        "celery.app.trace": {"level": env.str("TASK_LOG_LEVEL", default="WARNING")},
    },
}
