"""Lets SQLite look at how much is in its tables, for it plans by what it saw; PostgreSQL looks by itself.

Without, it takes the wrong index among a hundred thousand people: a page of grants then reads all there are.
"""

from datetime import datetime

from django.db import connection

from cxaccess.jobs.models import Job

MOST = 300_000  # rows: to look through more would hold the only write lock for too long


def learn(job: Job, at: datetime) -> None:
    """Look at each table that is not too large, one by one, so that others write in between."""
    if connection.vendor != "sqlite":
        return
    for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
        named = connection.ops.quote_name(table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {named} LIMIT %s)", [MOST + 1])  # noqa: S608 - our own table
            if cursor.fetchone()[0] <= MOST:
                cursor.execute(f"ANALYZE {named}")
