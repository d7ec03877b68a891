"""The trail's screen filters by kind of event and follows one correlation id: both need an index at a million rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_initial")]

    operations = [
        migrations.AddIndex("event", models.Index(fields=["tag", "-id"], name="event_tag")),
        migrations.AddIndex("event", models.Index(fields=["cid"], name="event_cid")),
    ]
