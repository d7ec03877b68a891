"""When grants on one resource were last used: a mark on each, and by whom of a team or group."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("permissions", "0013_sensitivity_lowered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageGroupGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_at", models.DateTimeField()),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="permissions.groupobjectgrant",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="usagegroupgrant",
            constraint=models.UniqueConstraint(
                models.F("grant"), models.F("person"), name="usage_group_grant_unique"
            ),
        ),
        migrations.AddField(
            model_name="personobjectgrant", name="last_used_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="groupobjectgrant", name="last_used_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddIndex(
            model_name="personobjectgrant",
            index=models.Index(fields=["last_used_at", "starts_at"], name="person_object_grant_used"),
        ),
        migrations.AddIndex(
            model_name="groupobjectgrant",
            index=models.Index(fields=["last_used_at", "starts_at"], name="group_object_grant_used"),
        ),
    ]
