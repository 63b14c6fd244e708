"""Which page is where."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from config.health import health
from config.media import media
from shop.accounts.urls import pages as account_pages
from shop.notices.urls import pages as mail_pages

urlpatterns = [
    path("", include("config.home.urls")),
    path("health/", health, name="health"),
    path("media/<path:path>", media, name="media"),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    path("api/redoc/", SpectacularRedocView.as_view(template_name="home/redoc.html"), name="api-redoc"),
    path("api/", include("shop.urls")),
    path("account/", include(account_pages)),
    path("mail/", include(mail_pages)),
    path("i18n/", include("django.conf.urls.i18n")),
]
