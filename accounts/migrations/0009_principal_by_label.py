"""An index of principals by name: long lists of what they hold go on from one to the next, in order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_identity_linked")]

    operations = [
        migrations.AddIndex(
            model_name="principal", index=models.Index(fields=["label", "id"], name="principal_label")
        ),
    ]
