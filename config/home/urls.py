"""The pages at the root of the site."""

from django.urls import path

from config.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("figures/", views.figures, name="figures"),
    path("docs/", views.docs, name="docs"),
    path("docs/files/<path:name>", views.docs_file, name="docs-file"),
    path("docs/events/", views.event_catalogue, name="event-catalogue"),
    path("docs/events/<str:name>.json", views.event_file, name="event-file"),
    path("docs/events/<str:name>/", views.event_page, name="event-page"),
    path("docs/<slug:name>/", views.docs_page, name="docs-page"),
]
