from cronsim import CronSim
from django.db import migrations
from django.utils import timezone

SCHEDULES = {
    "Forget unsent uploads": ("chat.upkeep.forget_unsent_uploads", "50 * * * *"),
    "Make missing thumbnails": ("chat.upkeep.make_missing_thumbnails", "20 * * * *"),
}


def create_schedules(apps, schema_editor):
    Schedule = apps.get_model("worker", "Schedule")
    for name, (path, cron) in SCHEDULES.items():
        next_at = next(CronSim(cron, timezone.localtime()))
        Schedule.objects.create(name=name, task_path=path, cron=cron, next_at=next_at)


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial"), ("worker", "0002_upkeep")]

    operations = [migrations.RunPython(create_schedules, migrations.RunPython.noop)]
