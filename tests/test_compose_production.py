"""compose.production.yaml, rehearsed on localhost: TLS by Caddy, two web processes, no demo."""

import itertools
import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from chatter import Chatter
from compose_stack import Stack, free_port, require_docker
from websockets.exceptions import InvalidStatus

CADDYFILE = "/etc/caddy/Caddyfile"
SECRETS = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "POSTGRES_PASSWORD": secrets.token_hex(16),
    "METRICS_TOKEN": secrets.token_hex(16),
}
AUTHORIZATION = {"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}
SCRAPE = f"""
from urllib.request import Request, urlopen
print(urlopen(Request("http://127.0.0.1:8000/metrics", headers={AUTHORIZATION})).read().decode())
"""


People = tuple[Chatter, Chatter]


@pytest.fixture(scope="module")
def stack(bake: Callable[[], Path]) -> Iterator[Stack]:
    require_docker()
    site = bake()
    dotenv = SECRETS | {"DOMAIN_NAME": "localhost", "SITE_NAME": "Rehearsal"}
    (site / ".env").write_text("".join(f"{name}={value}\n" for name, value in dotenv.items()))
    stack = Stack(site, "compose.production.yaml", HTTP_PORT=free_port(), HTTPS_PORT=free_port())
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="module")
def certificates(stack: Stack) -> ssl.SSLContext:
    """Trusts what Caddy signs for localhost, and nothing else."""
    root = stack.run_in("caddy", "cat", "/data/caddy/pki/authorities/local/root.crt")
    return ssl.create_default_context(cadata=root)


@pytest.fixture(scope="module")
def url(stack: Stack) -> str:
    return f"https://localhost:{stack.environment['HTTPS_PORT']}"


@pytest.fixture(scope="module")
def people(url: str, certificates: ssl.SSLContext) -> People:
    """Two who signed up on the site's own pages, and a room that one of them made: `lobby`."""
    pair = Chatter(url, certificates), Chatter(url, certificates)
    for person, name in zip(pair, ("ada", "grace"), strict=True):
        person.sign_up(name, password="correct-horse-battery")
    page = pair[0].submit("/", to="/rooms/", name="Lobby")
    assert page.url.path == "/rooms/lobby/"
    return pair


def test_people_chat_through_caddy(people: People) -> None:
    ada, grace = people
    # Several sockets, so that the two web processes have some each.
    with ada.in_room("lobby") as hers:
        for direct in (False, True, False, True):
            with grace.in_room("lobby", direct=direct) as theirs:
                seq = hers.say("Hello from here")
                theirs.hear("message.created", seq=seq)
                seq = theirs.say("Hello from there")
                hers.hear("message.created", seq=seq)


def test_both_web_processes_answer(stack: Stack, url: str, certificates: ssl.SSLContext) -> None:
    for number in range(20):
        httpx.get(f"{url}/accounts/login/?balanced={number}", verify=certificates)
    for index in ("1", "2"):
        logs = stack.compose("logs", "--no-color", "web", "--index", index)
        assert "balanced=" in logs


def test_a_page_of_another_site_gets_no_socket(people: People) -> None:
    ada, _ = people
    for path in ("/ws/", "/ws/chat/lobby/"):
        with ada.socket(path):
            pass
        with (
            pytest.raises(InvalidStatus) as refused,
            ada.socket(path, origin="https://elsewhere.example"),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_what_a_client_says_of_its_address_is_not_believed(stack: Stack, people: People) -> None:
    ada, _ = people
    spoofed = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Port": "4711"}
    ada.http.get("/rooms/lobby/?spoofed", headers=spoofed)
    with ada.socket("/ws/?spoofed", **spoofed):
        pass
    lines = [line for line in stack.logs("web").splitlines() if "spoofed" in line]
    assert lines
    assert not [line for line in lines if "203.0.113.7" in line or "4711" in line]


def test_a_client_cannot_move_the_root_of_the_site(people: People) -> None:
    ada, _ = people
    moved = {"Daphne-Root-Path": "/moved"}
    page = ada.http.get("/rooms/lobby/", headers=moved)
    assert page.status_code == 200
    assert "/moved" not in page.text
    with ada.socket("/ws/", **moved) as socket:
        socket.open("chat/lobby")


def test_bodies_are_limited_before_daphne_reads_them(people: People) -> None:
    ada, _ = people
    answer = ada.http.post("/rooms/", content=b"x" * 12_000_000)
    assert answer.status_code == 413


def test_caddy_has_nothing_to_say_against_the_caddyfile(stack: Stack) -> None:
    for command in ("validate --config", "fmt --diff"):
        said = stack.compose("exec", "-T", "caddy", "sh", "-c", f"caddy {command} {CADDYFILE} 2>&1")
        assert '"level":"warn"' not in said


def test_http_leads_to_https(stack: Stack) -> None:
    answer = httpx.get(f"http://localhost:{stack.environment['HTTP_PORT']}/rooms/lobby/")
    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://localhost/rooms/lobby/"


def test_server_sent_events_arrive_at_once(people: People) -> None:
    ada, grace = people
    with ada.http.stream("GET", "/rooms/lobby/events/") as events, grace.in_room("lobby") as room:
        lines = events.iter_lines()
        assert next(lines).startswith("retry: ")
        seq = room.say("To a browser without WebSockets")
        assert any(line.startswith(f"id: {seq}.") for line in itertools.islice(lines, 30))


def test_a_reload_of_caddy_keeps_sockets_open(stack: Stack, people: People) -> None:
    ada, grace = people
    with ada.in_room("lobby") as hers, grace.in_room("lobby") as theirs:
        stack.run_in("caddy", "caddy", "reload", "--force", "--config", CADDYFILE)
        theirs.hear("message.created", seq=hers.say("Still here"))


def test_a_task_runs_in_the_worker(people: People) -> None:
    ada, _ = people
    assert ada.room_statistics("lobby")["status"] == "SUCCESSFUL"


def test_a_worker_that_is_stopped_loses_nothing(stack: Stack) -> None:
    enqueue = "from worker.sample import sample_task as s; [s.enqueue(4, 2) for _ in range(40)]"
    stack.run_in("web", "python", "manage.py", "shell", "--command", enqueue)
    stack.compose("stop", "worker")
    assert stack.containers("worker")["worker"]["State"]["ExitCode"] == 0
    assert worker_status(stack)["waiting"] > 0
    stack.compose("start", "worker")
    deadline = time.monotonic() + 60
    while (status := worker_status(stack))["waiting"] + status["running"]:
        assert time.monotonic() < deadline, status
        time.sleep(0.5)
    assert status["failed"] == 0


def worker_status(stack: Stack) -> dict[str, int]:
    # Not checked: it fails where tasks wait and no worker lives.
    said = stack.run_in("web", "python", "manage.py", "worker_status", "--json", check=False)
    queues = json.loads(said)["queues"]
    states = ("waiting", "running", "failed")
    return {state: sum(queue[state] for queue in queues) for state in states}


def test_every_service_is_healthy_and_starts_again_by_itself(stack: Stack) -> None:
    containers = stack.containers()
    assert containers.pop("migrate")["State"]["ExitCode"] == 0
    assert set(containers) == {"caddy", "db", "redis", "web", "worker"}
    for name, container in containers.items():
        assert container["State"]["Health"]["Status"] == "healthy", name
        assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped", name


def test_only_caddy_is_reachable_from_outside(stack: Stack) -> None:
    published = {
        name
        for name, container in stack.containers().items()
        if any(container["NetworkSettings"]["Ports"].values())
    }
    assert published == {"caddy"}


def test_metrics_are_told_inside_and_not_through_caddy(
    stack: Stack, url: str, certificates: ssl.SSLContext
) -> None:
    assert "worker_database_up 1.0" in stack.run_in("web", "python", "-c", SCRAPE)
    for path in ("/metrics", "/metrics?name=up", "//metrics", "/%6detrics", "/%2fmetrics"):
        answer = httpx.get(f"{url}{path}", headers=AUTHORIZATION, verify=certificates)
        assert answer.status_code == 404, path


def test_worker_status_finds_the_worker(stack: Stack) -> None:
    status = json.loads(stack.run_in("web", "python", "manage.py", "worker_status", "--json"))
    assert len(status["workers"]) == 1


def test_redis_keeps_what_it_holds(stack: Stack) -> None:
    for wanted in ("maxmemory-policy noeviction", "appendonly yes"):
        setting = wanted.split()[0]
        found = stack.run_in("redis", "redis-cli", "config", "get", setting)
        assert found.split() == wanted.split()


def test_the_site_has_no_rights_to_lose(stack: Stack) -> None:
    for service in ("web", "worker"):
        assert stack.run_in(service, "id", "-u").strip() != "0"
        written = stack.run_in(service, "sh", "-c", "touch /app/x || touch /venv/x || echo refused")
        assert written.strip() == "refused"
        capabilities = stack.run_in(service, "sh", "-c", "grep CapBnd /proc/1/status")
        assert int(capabilities.split()[1], 16) == 0


def test_the_demo_stays_at_home(stack: Stack, url: str, certificates: ssl.SSLContext) -> None:
    stack.compose("exec", "-T", "web", "sh", "-c", "! python manage.py sample_data")
    page = httpx.get(f"{url}/accounts/login/", verify=certificates).text
    assert "Rehearsal" in page
    assert "alice" not in page
