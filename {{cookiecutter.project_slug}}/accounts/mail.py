from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class ReadableConsoleBackend(EmailBackend):
    """Prints mail as people read it: encoded for sending, its long links would be cut in pieces."""

    def write_message(self, message: EmailMessage) -> None:
        self.stream.write(f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n")
        self.stream.write(f"{message.body}\n{'-' * 79}\n")
