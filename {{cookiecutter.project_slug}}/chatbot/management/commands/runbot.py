import asyncio
import signal
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatbot.api import ApiError, BotApi
from chatbot.server import BotServer

GRACE_SECONDS = 5


class Command(BaseCommand):
    help = "Run the Telegram bot. One process only: the Bot API serves one at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TELEGRAM_TOKEN:
            raise CommandError("Set TELEGRAM_TOKEN to the token that @BotFather gave you.")
        api = BotApi(settings.TELEGRAM_URL, settings.TELEGRAM_TOKEN)
        try:
            asyncio.run(self._serve(BotServer(get_default_application(), api)))
        except ApiError as error:
            raise CommandError(f"The Bot API refuses TELEGRAM_TOKEN: {error}") from error

    async def _serve(self, server: BotServer) -> None:
        loop = asyncio.get_running_loop()
        running = asyncio.create_task(server.arun())

        def stop() -> None:
            server.stop()
            loop.call_later(GRACE_SECONDS, running.cancel)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        self.stdout.write("The bot is running.")
        await asyncio.wait([running])
        if not running.cancelled():
            running.result()
