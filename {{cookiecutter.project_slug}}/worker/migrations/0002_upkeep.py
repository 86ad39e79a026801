from cronsim import CronSim
from django.db import migrations
from django.utils import timezone

SCHEDULES = {
    "Clear expired sessions": ("worker.upkeep.clear_sessions", "15 4 * * *"),
    "Forget old tasks": ("worker.upkeep.prune_task_results", "45 4 * * *"),
}


def create_schedules(apps, schema_editor):
    Schedule = apps.get_model("worker", "Schedule")
    for name, (path, cron) in SCHEDULES.items():
        next_at = next(CronSim(cron, timezone.localtime()))
        Schedule.objects.create(name=name, task_path=path, cron=cron, next_at=next_at)


class Migration(migrations.Migration):
    dependencies = [("worker", "0001_initial")]

    operations = [migrations.RunPython(create_schedules, migrations.RunPython.noop)]
