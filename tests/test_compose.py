"""`docker compose up` in a site just generated: the chat, the worker and the reload work."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from chatter import Chatter
from compose_stack import Stack, files, free_port, require_docker, wait_until_answers


@pytest.fixture(scope="module")
def stack(bake: Callable[[], Path]) -> Iterator[Stack]:
    require_docker()
    site = bake()
    (site / ".env").unlink()  # as in a clone, where git does not bring it
    for folder in [site, *site.glob("**/")]:
        folder.chmod(0o777)  # so that only good manners keep containers from writing there
    stack = Stack(site, "compose.yaml", PORT=free_port())
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="module")
def url(stack: Stack) -> str:
    return f"http://localhost:{stack.environment['PORT']}"


@pytest.fixture
def alice(url: str) -> Chatter:
    alice = Chatter(url)
    alice.sign_in("alice")
    return alice


@pytest.fixture
def bob(url: str) -> Chatter:
    bob = Chatter(url)
    bob.sign_in("bob")
    return bob


@pytest.mark.parametrize("direct", [False, True], ids=["both_multiplexed", "one_direct"])
def test_two_people_chat_over_the_published_port(
    alice: Chatter, bob: Chatter, direct: bool
) -> None:
    with alice.in_room("general") as hers, bob.in_room("general", direct=direct) as his:
        seq = hers.say("Do you hear me?")
        assert his.hear("message.created", seq=seq)["body"] == "Do you hear me?"
        answer = his.say("Clearly.")
        assert hers.hear("message.created", seq=answer)["author"] == "bob"


def test_a_task_runs_in_the_worker_container(stack: Stack, alice: Chatter) -> None:
    with alice.socket("/ws/tasks/") as socket:
        stack.compose("pause", "worker")
        try:
            answer = alice.submit("/rooms/general/", to="/rooms/general/statistics/")
            with pytest.raises(TimeoutError):
                socket.wait_for(lambda frame: frame["type"] == "task.finished", seconds=2)
        finally:
            stack.compose("unpause", "worker")
        result = socket.wait_for(lambda frame: frame["type"] == "task.finished")
    assert (result["task"], result["status"]) == (answer.json()["task"], "SUCCESSFUL")
    assert result["result"]["messages"] >= 1


def test_the_result_of_a_task_reaches_the_multiplexed_socket(alice: Chatter) -> None:
    assert alice.room_statistics("general")["status"] == "SUCCESSFUL"


def test_migrations_ran_once_before_web_and_worker(stack: Stack) -> None:
    containers = stack.containers()
    migrate = containers["migrate"]["State"]
    assert (migrate["Status"], migrate["ExitCode"]) == ("exited", 0)
    assert stack.logs("migrate").count("Applying chat.0001_initial") == 1
    assert "Applying" not in stack.logs("web", "worker")
    finished = datetime.fromisoformat(migrate["FinishedAt"])
    for service in ("web", "worker"):
        assert datetime.fromisoformat(containers[service]["State"]["StartedAt"]) > finished


def test_every_service_has_a_health_check_and_is_healthy(stack: Stack) -> None:
    stack.wait_until_healthy("db", "redis", "web", "worker")
    assert set(stack.containers()) == {"db", "migrate", "redis", "web", "worker"}


def test_a_worker_that_hangs_is_unhealthy(stack: Stack) -> None:
    _, check = stack.containers("worker")["worker"]["Config"]["Healthcheck"]["Test"]
    script = f"""
        ! ( {check} ) &&
        touch --date="1 minute ago" $WORKER_HEARTBEAT_FILE && ! ( {check} ) &&
        touch $WORKER_HEARTBEAT_FILE && ( {check} )
    """
    stack.compose("run", "--rm", "--no-deps", "-T", "worker", "sh", "-c", script)


def test_the_site_does_not_run_as_root(stack: Stack) -> None:
    for service in ("web", "worker"):
        assert stack.run_in(service, "id", "-u").strip() != "0"


def test_messages_outlive_a_restart_of_web(stack: Stack, url: str, alice: Chatter) -> None:
    with alice.in_room("general") as room:
        seq = room.say("Remember this.")
    stack.compose("restart", "web")
    wait_until_answers(f"{url}/healthz")
    with alice.in_room("general", since=seq - 1) as room:
        assert room.hear("message.created", seq=seq)["body"] == "Remember this."


def test_a_change_of_the_source_reloads_web(stack: Stack, url: str) -> None:
    urls = stack.site / "config/urls.py"
    before = urls.read_text()
    urls.write_text(f'{before}\nurlpatterns += [path("reloaded", health.healthz)]\n')
    try:
        wait_until_answers(f"{url}/reloaded")
    finally:
        urls.write_text(before)
    # Django's reloader does not see what changes between the server's first answer and its own
    # first look, so the file may have to change again.
    wait_until_answers(f"{url}/reloaded", status=404, nudge=urls.touch)


def test_the_containers_write_nothing_into_the_source(stack: Stack) -> None:
    assert files(stack.site) == stack.files_before_up


def test_settings_of_dotenv_reach_the_site(stack: Stack) -> None:
    dotenv = stack.site / ".env"
    dotenv.write_text("SITE_NAME=Named in the environment\n")
    dotenv.chmod(0o600)
    try:
        command = "from django.conf import settings; print(settings.SITE_NAME)"
        options = ["run", "--rm", "--no-deps", "-T", "web"]
        output = stack.compose(*options, "python", "manage.py", "shell", "--command", command)
    finally:
        dotenv.unlink()
    assert "Named in the environment" in output
