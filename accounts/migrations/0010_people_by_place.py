"""Indexes of people by place with their state: the structure says how many are at each without reading them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_principal_by_label")]

    operations = [
        migrations.AddIndex(
            model_name="person", index=models.Index(fields=["region", "state"], name="person_region_state")
        ),
        migrations.AddIndex(
            model_name="person", index=models.Index(fields=["department", "state"], name="person_department_state")
        ),
    ]
