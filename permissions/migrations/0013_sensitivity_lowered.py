"""Until when reading stays on record after a sensitivity was lowered. Added in place, so the word triggers stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("permissions", "0012_few_resources")]

    operations = [
        migrations.AddField(
            model_name="resource", name="guarded_until", field=models.DateTimeField(blank=True, null=True)
        )
    ]
