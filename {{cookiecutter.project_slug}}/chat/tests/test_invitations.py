"""Links into private rooms."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import queries, services
from chat.models import Invitation, Membership, Room
from realtime.errors import CommandError


@pytest.fixture
def private(alice: User) -> Room:
    return services.room_create(name="Secret", owner=alice, kind=Room.Kind.PRIVATE)


@pytest.fixture
def invitation(alice: User, private: Room) -> Invitation:
    return services.invitation_create(user=alice, room_id=private.pk)


@pytest.fixture
def of_bob(bob: User, client: Client) -> Client:
    client.force_login(bob)
    return client


def test_the_link_says_which_room_and_a_post_joins_it(
    of_bob: Client, bob: User, alice: User, invitation: Invitation
) -> None:
    services.message_send(author=alice, room=invitation.room, body="before")
    link = invitation.get_absolute_url()
    assert "Secret" in of_bob.get(link).content.decode()
    assert not Membership.objects.filter(user=bob).exists()
    assert of_bob.post(link).headers["Location"] == invitation.room.get_absolute_url()
    assert of_bob.get(invitation.room.get_absolute_url()).status_code == 200
    assert queries.room_list(bob).rooms[0].unread == 0


def test_to_follow_a_link_twice_is_to_join_once(of_bob: Client, invitation: Invitation) -> None:
    link = invitation.get_absolute_url()
    for _ in range(2):
        of_bob.post(link)
    assert of_bob.get(link).headers["Location"] == invitation.room.get_absolute_url()
    assert Membership.objects.count() == 2


def test_who_is_not_signed_in_comes_back_to_the_link(
    client: Client, invitation: Invitation
) -> None:
    link = invitation.get_absolute_url()
    assert client.get(link).headers["Location"] == f"/accounts/login/?next={link}"


@pytest.mark.parametrize("why", ["expired", "taken back", "archived", "made up"])
def test_a_link_that_is_not_valid_any_more_tells_nothing_and_lets_nobody_in(
    of_bob: Client, alice: User, private: Room, invitation: Invitation, why: str
) -> None:
    link = invitation.get_absolute_url()
    if why == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif why == "taken back":
        services.invitation_take_back(user=alice, room_id=private.pk, pk=invitation.pk)
    elif why == "archived":
        services.room_archive(user=alice, room_id=private.pk, archived=True)
    else:
        link = "/invitations/no-such-token/"
    for answer in (of_bob.get(link), of_bob.post(link)):
        assert answer.status_code == 404
        assert "Secret" not in answer.content.decode()
    assert Membership.objects.count() == 1


def test_a_link_is_valid_for_seven_days(invitation: Invitation) -> None:
    assert timedelta(days=6.9) < invitation.expires_at - timezone.now() <= timedelta(days=7)


def test_only_the_owner_invites_and_takes_back(
    of_bob: Client, bob: User, private: Room, invitation: Invitation
) -> None:
    Membership.objects.create(room=private, user=bob)
    assert of_bob.post(f"{invitation.room.get_absolute_url()}invitations/").status_code == 403
    path = f"{invitation.room.get_absolute_url()}invitations/{invitation.pk}/take-back/"
    assert of_bob.post(path).status_code == 403
    settings = of_bob.get(f"{invitation.room.get_absolute_url()}settings/").content.decode()
    assert invitation.token not in settings
    assert Invitation.objects.get() == invitation


def test_nobody_is_invited_into_an_open_room(alice: User) -> None:
    room = services.room_create(name="Open", owner=alice)
    with pytest.raises(CommandError):
        services.invitation_create(user=alice, room_id=room.pk)


def test_the_settings_show_links_that_can_be_copied(alice: User, invitation: Invitation) -> None:
    client = Client()
    client.force_login(alice)
    page = client.get(f"{invitation.room.get_absolute_url()}settings/").content.decode()
    assert f"http://testserver{invitation.get_absolute_url()}" in page


def test_who_is_removed_cannot_come_back_by_the_link(
    of_bob: Client, bob: User, alice: User, private: Room, invitation: Invitation
) -> None:
    of_bob.post(invitation.get_absolute_url())
    services.member_remove(user=alice, room_id=private.pk, member_id=bob.pk)
    assert of_bob.post(invitation.get_absolute_url()).status_code == 404
    assert not Membership.objects.filter(user=bob).exists()


def test_a_link_that_no_database_could_hold_is_no_link(of_bob: Client) -> None:
    assert of_bob.get("/invitations/%00/").status_code == 404
    assert of_bob.get("/people/%00/").status_code == 404
