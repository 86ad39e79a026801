from django.apps import AppConfig


class ChatbotConfig(AppConfig):
    """A protocol of its own: the rooms, for people in Telegram."""

    name = "chatbot"
