"""Indexes of just the few resources that are archived or stand for console objects: every page of the list counts them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("permissions", "0011_type_version")]

    operations = [
        migrations.RemoveIndex(model_name="resource", name="resource_archived"),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(
                fields=["object_kind", "name", "id"],
                condition=models.Q(("archived_at__isnull", False)),
                name="resource_put_away",
            ),
        ),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(
                fields=["name", "id"], condition=models.Q(("object_kind__isnull", False)), name="resource_console"
            ),
        ),
    ]
