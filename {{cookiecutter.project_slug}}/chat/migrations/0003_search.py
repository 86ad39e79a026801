from django.db import migrations

from chat.search_index import POSTGRESQL


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX message_search")


class Migration(migrations.Migration):
    """On SQLite chat/search_index.py makes the index after each migrate that has lost it."""

    dependencies = [("chat", "0002_attachment_upkeep")]

    operations = [migrations.RunPython(create_index, drop_index)]
