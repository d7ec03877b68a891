"""Let forms on resource types carry the version they were opened on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("permissions", "0010_archived_resources")]

    operations = [
        migrations.AddField(
            model_name="resourcetype", name="row_version", field=models.PositiveIntegerField(default=1)
        ),
    ]
