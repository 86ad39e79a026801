"""A small Bot API of the tests' own, over real HTTP."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "12345:a-token"


class LocalBotApi:
    """Hands out what people `write()`, until it is confirmed; keeps what the bot answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []
        self.polls: list[int] = []  # their offsets
        self.faults: list[tuple[int, bytes]] = []  # the answers to the next requests, if any
        self._updates: list[dict[str, Any]] = []
        self._last_id = 100
        self._change = threading.Condition()
        self._open = False
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def unconfirmed(self) -> int:
        return len(self._updates)

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_port
        self._open = True
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def stop(self) -> None:
        with self._change:
            self._open = False
            self._change.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def write(self, text: str, chat: int = 7) -> None:
        self.happen({"message": {"chat": {"id": chat, "type": "private"}, "text": text}})

    def happen(self, *updates: dict[str, Any]) -> None:
        with self._change:
            for update in updates:
                self._last_id += 1
                self._updates.append({"update_id": self._last_id, **update})
            self._change.notify_all()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._change:
            assert self._change.wait_for(condition, timeout=60)

    def answer(self, path: str, query: dict[str, Any]) -> tuple[int, bytes]:
        with self._change:
            if self.faults:
                return self.faults.pop(0)
            if path == f"/bot{TOKEN}/getUpdates":
                return 200, _ok(self._get_updates(**query))
            if path == f"/bot{TOKEN}/sendMessage":
                self.sent.append((query["chat_id"], query["text"]))
                self._change.notify_all()
                return 200, _ok({})
            return fault(401, "Unauthorized")

    def _get_updates(self, offset: int, timeout: int, limit: int, **_: Any) -> list[Any]:
        self.polls.append(offset)
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        deadline = time.monotonic() + timeout
        while self._open and not self._updates and time.monotonic() < deadline:
            self._change.wait(deadline - time.monotonic())
        return self._updates[:limit]


def fault(code: int, description: str, **parameters: Any) -> tuple[int, bytes]:
    answer = {"ok": False, "error_code": code, "description": description}
    return code, json.dumps({**answer, "parameters": parameters}).encode()


def _ok(result: Any) -> bytes:
    return json.dumps({"ok": True, "result": result}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1000

    def handle_error(self, *_: Any) -> None:
        """A bot may go while it polls."""


class _Handler(BaseHTTPRequestHandler):
    api: LocalBotApi

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.api.answer(self.path, json.loads(body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass
