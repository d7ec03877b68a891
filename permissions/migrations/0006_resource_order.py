"""Indexes for the orders in which resources are listed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("permissions", "0005_sources_of_leads_and_owners")]

    operations = [
        migrations.AddIndex(
            model_name="resource", index=models.Index(fields=["created_at", "id"], name="resource_created")
        ),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(fields=["sensitivity", "name", "id"], name="resource_sensitivity"),
        ),
    ]
