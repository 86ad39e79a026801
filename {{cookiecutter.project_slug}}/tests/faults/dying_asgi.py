"""The site as a process that dies when it has committed a message, before it tells anybody."""

import os
import signal

from config.asgi import application as application  # first, as it loads the apps

# isort: split

from chat import writer
from chat.services import numbers


async def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


writer.publish = numbers.publish = die  # type: ignore[attr-defined, assignment]
