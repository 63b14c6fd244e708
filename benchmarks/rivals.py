"""The rival outbox's Celery app, beside the project's own."""

from django_celery_outbox import OutboxCelery

outbox_app = OutboxCelery("rival", set_as_current=False)
outbox_app.config_from_object("django.conf:settings", namespace="CELERY")
