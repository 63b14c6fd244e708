"""Every setting, and the only place that reads the environment; what `make run` is told, config/options.py reads.

A value comes from, first found: the environment; `.env`; `.data/run.env`, which `make run` writes so that
`python manage.py …` in a second terminal meets the same servers. ENV_FILE names another file, or none when empty.
"""

import os
from datetime import timedelta
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


def one_of(name: str, default: str, *others: str) -> str:
    """The value of an environment variable that is one of a few words."""
    if (value := env.str(name, default=default)) not in {default, *others}:
        raise ImproperlyConfigured(f"{name} is {value!r}, but must be one of: {', '.join([default, *others])}.")
    return value


# --- What kind of place this is -------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "it signs sessions and tokens, so it must be long, random and your own.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

HTTPS = env.bool("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^api/\w+/webhook/$"]  # webhooks are signed, and senders follow no redirect
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:  # only when a proxy of yours sets the header itself
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
AUTHENTICATION_BACKENDS = ["shop.accounts.backends.ThrottledBackend"]
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
    # Names and reasons of 200 characters, encrypted, take more than the 1 KiB of the default.
    "payload_limit_bytes": 2_048,
    "relay_wake_url": env.str("RELAY_WAKE_URL", default="udp://127.0.0.1:5601"),
    "worker_status_directory": env.str("WORKER_STATUS_DIRECTORY", default=""),
    "worker_starving_seconds": env.float("WORKER_STARVING_SECONDS", default=30.0),
    "worker_stale_seconds": env.float("WORKER_STALE_SECONDS", default=20.0),
    "worker_drain_seconds": env.float("WORKER_DRAIN_SECONDS", default=20.0),
    "rescue_after_seconds": env.float("RESCUE_AFTER_SECONDS", default=120.0),
    "alert_emails": tuple(env.list("ALERT_EMAILS", default=[])),
    # 0 keeps them for good.
    "delivery_retention_days": env.float("DELIVERY_RETENTION_DAYS", default=30.0) or None,
    "flow_retention_days": env.float("FLOW_RETENTION_DAYS", default=90.0) or None,
    "log_retention_days": env.float("LOG_RETENTION_DAYS", default=0.0) or None,
    "signing_keys": tuple(env.list("SIGNING_KEYS", default=[])),
    "personal_keys": tuple(env.list("PERSONAL_KEYS", default=[])),
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
    "products.sweep_uploads": {"task": "tasks.products.sweep_uploads", "schedule": 3600.0},
    "accounts.forget": {"task": "tasks.accounts.forget", "schedule": 3600.0},
    "audit.seal": {"task": "tasks.audit.seal_trail", "schedule": 300.0},
    "lake.export": {"task": "tasks.lake.export_due_days", "schedule": 600.0},
    "sales.end_day": {"task": "tasks.sales.end_day", "schedule": 600.0},
    "idempotency.sweep": {"task": "tasks.idempotency.sweep_recorded_requests", "schedule": 3600.0},
    "carts.sweep": {"task": "tasks.carts.sweep_forgotten_carts", "schedule": 3600.0},
    "followups.ring": {"task": "tasks.followups.ring_timers", "schedule": 60.0},
    "erasure.forget_papers": {"task": "tasks.erasure.forget_old_papers", "schedule": 86_400.0},
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
    "NUM_PROXIES": int(BEHIND_PROXY),  # X-Forwarded-For counts only as far as a proxy of yours has written it
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "shop.pages.ShopPagination",
    "DEFAULT_SCHEMA_CLASS": "config.openapi.ProblemSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Backroom",
    "DESCRIPTION": "The shop of the Backroom platform: browse products, place orders, look after them.",
    "VERSION": "1",
    "DEFAULT_GENERATOR_CLASS": "config.openapi.OneLanguage",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ProductStatus": "shop.catalog.models.Product.Status",
        "OrderStatus": "shop.orders.models.Order.Status",
        "ReversalStatus": "shop.orders.models.Reversal.Status",
        "ReversalKind": "shop.orders.models.Reversal.Kind",
        "ReviewState": "shop.catalog.models.selling.Review.State",
    },
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=env.float("TOKEN_DAYS", default=30.0)),
    "TOKEN_LIMIT_PER_USER": None,
    "AUTO_REFRESH": False,
}
# Tries a user, or an address, has in so many seconds; 0 tries is no limit.
THROTTLES = {
    "log-in": (env.int("THROTTLE_LOG_IN", default=10), 300),
    "log-in-name": (env.int("THROTTLE_LOG_IN_NAME", default=30), 900),  # from wherever
    "register": (env.int("THROTTLE_REGISTER", default=10), 3600),
    "password": (env.int("THROTTLE_PASSWORD", default=10), 3600),
    "look-up": (env.int("THROTTLE_LOOK_UP", default=30), 300),
    "checkout": (env.int("THROTTLE_CHECKOUT", default=120), 60),
    "cart": (env.int("THROTTLE_CART", default=120), 60),
}
ACCOUNT_LINK_HOURS = env.int("ACCOUNT_LINK_HOURS", default=24)  # how long the links in mails work
PASSWORD_RESET_TIMEOUT = ACCOUNT_LINK_HOURS * 3600
SITE_ADDRESS = env.str("SITE_ADDRESS", default="http://localhost:8000")  # in links of mails
FLOWER_URL = env.str("FLOWER_URL", default="http://127.0.0.1:5555/")
# The parts of a submitted product are written behind the request ("background"), or in it ("request").
PRODUCT_PARTS = one_of("PRODUCT_PARTS", "background", "request")
DEFAULT_CURRENCY = "GBP"
CURRENCIES = ["GBP", "EUR", "USD"]
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="shop.payments.simulated.SimulatedProvider")
PAYMENT_TIMEOUT_SECONDS = env.float("PAYMENT_TIMEOUT_SECONDS", default=10.0)  # then the outcome counts as unknown
PAYMENT_WEBHOOK_SECRET = env.str("PAYMENT_WEBHOOK_SECRET", default="")  # empty: webhooks are refused
STRIPE_API_KEY = env.str("STRIPE_API_KEY", default="")
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com")
# How long the answer to an Idempotency-Key is kept, and after how long a request without a trace counts as dead: longer
# than the web server lets any request live.
IDEMPOTENCY_KEEP_HOURS = env.int("IDEMPOTENCY_KEEP_HOURS", default=24)
IDEMPOTENCY_ABANDONED_SECONDS = env.int("IDEMPOTENCY_ABANDONED_SECONDS", default=60)
GUEST_CART_KEEP_DAYS = env.int("GUEST_CART_KEEP_DAYS", default=60)
ORDER_ABANDONED_AFTER_MINUTES = env.int("ORDER_ABANDONED_AFTER_MINUTES", default=15)
RETURN_DAYS = env.int("RETURN_DAYS", default=30)  # after the delivery; staff may take back later too
RETURN_ARRIVAL_DAYS = env.float("RETURN_ARRIVAL_DAYS", default=30.0)  # then a return that has not come is over
RETURN_DECISION_DAYS = env.float("RETURN_DECISION_DAYS", default=14.0)  # then somebody is told that it waits
FULFILMENT_HOLD_DAYS = env.float("FULFILMENT_HOLD_DAYS", default=14.0)  # then a held order is cancelled
FULFILMENT_SHIP_DAYS = env.float("FULFILMENT_SHIP_DAYS", default=30.0)  # and one that nobody has shipped
FRAUD_HOLD_POINTS = env.int("FRAUD_HOLD_POINTS", default=50)  # an order with as many is held until somebody looks
FRAUD_HIGH_AMOUNT = env.float("FRAUD_HIGH_AMOUNT", default=1000.0)  # in the order's own currency
FOLLOWUP_THANKS_DAYS = env.float("FOLLOWUP_THANKS_DAYS", default=3.0)  # after an order; 0: no such mail
FOLLOWUP_REVIEW_DAYS = env.float("FOLLOWUP_REVIEW_DAYS", default=14.0)
LATE_AFTER_HOURS = env.float("LATE_AFTER_HOURS", default=48.0)  # an order that is not shipped by then is late
LAKE_DIR = Path(env.str("LAKE_DIR", default=str(DATA_DIR / "lake")))  # Parquet files, a folder a day
ADMIN_PASSWORD = env.str("ADMIN_PASSWORD", default="")  # of the account that config/prepare.py makes on the first start
DEMO_CATALOGUE = env.bool("DEMO_CATALOGUE", default=True)

# --- Other systems: an empty address means that the shop works without it --------------------------

SIMULATED_URL = env.str("SIMULATED_URL", default="")  # of the simulated services, which stand in for all of them
WAREHOUSE_URL = env.str("WAREHOUSE_URL", default=f"{SIMULATED_URL}/warehouse" if SIMULATED_URL else "")
CARRIER_URL = env.str("CARRIER_URL", default=f"{SIMULATED_URL}/carrier" if SIMULATED_URL else "")
CRM_URL = env.str("CRM_URL", default=f"{SIMULATED_URL}/crm" if SIMULATED_URL else "")
AFFILIATE_URL = env.str("AFFILIATE_URL", default=f"{SIMULATED_URL}/affiliate" if SIMULATED_URL else "")
CHAT_URL = env.str("CHAT_URL", default=f"{SIMULATED_URL}/chat" if SIMULATED_URL else "")
# Cards are charged at the checkout, or only asked for the money, which is captured before the order is shipped.
PAYMENT_CAPTURE = one_of("PAYMENT_CAPTURE", "fulfilment" if WAREHOUSE_URL else "checkout", "checkout", "fulfilment")
WAREHOUSE_SECRET = env.str("WAREHOUSE_SECRET", default="")  # signs what it and the shop send each other
CARRIER_SECRET = env.str("CARRIER_SECRET", default="")
AFFILIATE_SECRET = env.str("AFFILIATE_SECRET", default="")
OUTSIDE_CONNECT_SECONDS = env.float("OUTSIDE_CONNECT_SECONDS", default=2.0)
OUTSIDE_TIMEOUT_SECONDS = env.float("OUTSIDE_TIMEOUT_SECONDS", default=10.0)
OUTSIDE_FAILURES_TO_REST = env.int("OUTSIDE_FAILURES_TO_REST", default=5)  # in a row, in one process
OUTSIDE_REST_SECONDS = env.float("OUTSIDE_REST_SECONDS", default=30.0)
SHOP_NAME = env.str("SHOP_NAME", default="Backroom")  # on invoices
SHOP_ADDRESS = env.list("SHOP_ADDRESS", default=["1 Kiln Lane", "London", "United Kingdom"])  # lines below the name
INVOICE_KEEP_YEARS = env.int("INVOICE_KEEP_YEARS", default=10)  # as the law says, where the shop is
SALES_CHANNEL = env.str("SALES_CHANNEL", default="sales")
SALES_LANGUAGE = env.str("SALES_LANGUAGE", default="en")
SALES_LARGE_ORDER_AMOUNT = env.float("SALES_LARGE_ORDER_AMOUNT", default=1000.0)  # in the order's own currency
SALES_DIGEST_HOUR = env.int("SALES_DIGEST_HOUR", default=7)  # UTC, about the day before

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
        "httpx": {"level": "WARNING"},  # else a line for every call to another system
        "stripe": {"level": "WARNING"},
        # Two lines for every task cost a sixth of the worker's speed.
        "celery.worker.strategy": {"level": env.str("TASK_LOG_LEVEL", default="WARNING")},
        "celery.app.trace": {"level": env.str("TASK_LOG_LEVEL", default="WARNING")},
        "fontTools": {"level": "WARNING"},  # says thirty lines for each font of an invoice
    },
}
