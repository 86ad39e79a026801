"""What a client is told when it is refused something. None of these ends a stream or a socket."""

from django.utils.functional import Promise


class RefusedError(Exception):
    """`code` is for programs, the message for people: perhaps lazy, to be in their language.

    `retry_after`, in seconds, is there where trying again helps.
    """

    def __init__(self, code: str, message: str | Promise, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    def fields(self) -> dict[str, object]:
        fields: dict[str, object] = {"code": self.code, "message": str(self)}
        if self.retry_after is not None:
            fields["retry_after"] = self.retry_after
        return fields


class CommandError(RefusedError):
    """Raised by the handler of a command: becomes its reply."""
