import pytest
from channels.layers import BaseChannelLayer

from realtime.groups import group_name

NAMES = [
    "General",
    "general",
    "gen eral",
    "gen-eral",
    "gen.eral",
    "café",
    "cafe",
    "茶 🍰",
    "",
    "x" * 500,
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_makes_a_group_that_channels_accepts(name: str) -> None:
    BaseChannelLayer().require_valid_group_name(group_name("chat", name))


def test_names_that_differ_in_anything_have_groups_of_their_own() -> None:
    names = [*NAMES, "x" * 499 + "y"]
    assert len({group_name("chat", name) for name in names}) == len(names)


def test_the_same_name_is_the_same_group_in_every_process() -> None:
    # Written down, because processes of two releases run side by side during a deploy.
    assert group_name("chat", "General") == "chat.General.24d8f40afcdd89b920473fc4dcf19348"


def test_kinds_do_not_share_groups() -> None:
    assert group_name("chat", 1) != group_name("tasks", 1)
