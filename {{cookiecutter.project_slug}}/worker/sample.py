"""A task to look at: it counts, slowly, and says how far it is."""

import asyncio

from django.utils.translation import gettext as _

from .context import TaskContext
from .task import task

STEPS = 60
SECONDS = 15.0  # time enough to press a button


@task(takes_context=True)
async def sample_task(context: TaskContext, steps: int = STEPS, seconds: float = SECONDS) -> str:
    note = _("Step %(step)d of %(steps)d")
    for step in range(1, steps + 1):
        await asyncio.sleep(seconds / steps)
        context.progress(step, steps, note % {"step": step, "steps": steps})
    return _("Counted to %(steps)d.") % {"steps": steps}
