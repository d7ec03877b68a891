"""An index of the few resources that are archived: the list counts them on every page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("permissions", "0009_grant_batches")]

    operations = [
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(
                fields=["name", "id"], condition=models.Q(("archived_at__isnull", False)), name="resource_archived"
            ),
        ),
    ]
