"""The keys with which personal fields in the log are encrypted."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0004_snapshots")]

    operations = [
        migrations.CreateModel(
            name="PersonalKey",
            fields=[
                ("person", models.TextField(primary_key=True, serialize=False, verbose_name="person")),
                ("wrapped", models.BinaryField(null=True, verbose_name="encrypted key")),
                ("wrapped_with", models.TextField(verbose_name="encrypted with")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("erased_at", models.DateTimeField(null=True, verbose_name="erased at")),
            ],
            options={
                "verbose_name": "key of a person",
                "verbose_name_plural": "keys of people",
                "default_permissions": (),
                "permissions": [
                    ("view_personal", "Can read personal data in events"),
                    ("erase_person", "Can erase people"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(erased_at__isnull=False, wrapped__isnull=True)
                        | models.Q(erased_at__isnull=True, wrapped__isnull=False),
                        name="events_personalkey_there_or_erased",
                    )
                ],
            },
        ),
    ]
