from django.db import migrations

# For worker/status.py, on django-tasks-db's table: most of the tasks there have succeeded.
CREATE = """
CREATE INDEX failed_tasks ON django_tasks_database_dbtaskresult (finished_at)
WHERE status = 'FAILED'
"""


class Migration(migrations.Migration):
    dependencies = [("worker", "0002_upkeep")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX failed_tasks")]
