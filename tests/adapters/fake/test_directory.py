"""The directory: users are found by name and by sub, and defaults are those of the service."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from attrs.exceptions import FrozenAttributeError

from authsteps.adapters.fake.directory import (
    Attributes,
    Client,
    Directory,
    ExistenceErrors,
    ExplicitAuthFlow,
    User,
    UserStatus,
)
from authsteps.adapters.fake.names import NameRule
from authsteps.engine.messages import Secret
from authsteps.flows.srp import Verifier

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CLIENT_ID = "1example23456789abcdefghij"

LIFETIMES: list[tuple[Callable[[timedelta], Client], timedelta, timedelta]] = [
    (lambda life: Client(CLIENT_ID, "web", auth_session_validity=life), 3 * MINUTE, 15 * MINUTE),
    (lambda life: Client(CLIENT_ID, "web", access_token_validity=life), 5 * MINUTE, DAY),
    (lambda life: Client(CLIENT_ID, "web", id_token_validity=life), 5 * MINUTE, DAY),
    (lambda life: Client(CLIENT_ID, "web", refresh_token_validity=life), 60 * MINUTE, 3650 * DAY),
]
"""What makes a client with a lifetime of that length, and the shortest and the longest that the service takes."""


def user(username: str, sub: str) -> User:
    return User(
        username=username,
        sub=sub,
        attributes=Attributes({"email": f"{username}@example.com"}),
        status=UserStatus.CONFIRMED,
        created=NOW,
        modified=NOW,
    )


def directory(*users: User) -> Directory:
    made = Directory()
    for each in users:
        made.add(each)
    return made


class TestDirectory:
    def test_a_user_is_found_by_name_and_by_sub(self) -> None:
        alice = user("alice", "sub-1")
        users = directory(alice, user("bob", "sub-2"))

        assert users.find("alice") is alice
        assert users.find("sub-1") is alice
        assert users.by_sub("sub-1") is alice

    @pytest.mark.parametrize("name", ["nobody", "Alice", "", "alice "])
    def test_an_unknown_name_finds_nobody(self, name: str) -> None:
        users = directory(user("alice", "sub-1"))

        assert users.find(name) is None
        assert users.by_sub(name) is None

    def test_a_name_that_looks_like_anothers_sub_does_not_take_over_that_users_tokens(self) -> None:
        victim, impostor = user("victim", "sub-1"), user("sub-1", "sub-2")
        users = directory(victim, impostor)

        assert users.find("sub-1") is impostor
        assert users.by_sub("sub-1") is victim

    def test_a_sub_is_not_found_by_name_where_only_subs_are_asked_for(self) -> None:
        assert directory(user("alice", "sub-1")).by_sub("alice") is None

    def test_a_removed_user_is_found_no_more_and_the_name_is_free_again(self) -> None:
        alice, successor = user("alice", "sub-1"), user("alice", "sub-2")
        users = directory(alice)

        users.remove(alice)
        users.add(successor)

        assert users.find("alice") is successor
        assert users.by_sub("sub-1") is None

    @pytest.mark.parametrize("second", [user("alice", "sub-2"), user("bob", "sub-1")])
    def test_two_users_never_share_a_name_or_a_sub(self, second: User) -> None:
        users = directory(user("alice", "sub-1"))

        with pytest.raises(ValueError, match="is in the directory"):
            users.add(second)

        assert len(users) == 1

    def test_users_can_be_removed_while_somebody_iterates(self) -> None:
        users = directory(user("alice", "sub-1"), user("bob", "sub-2"))

        for each in users:
            users.remove(each)

        assert list(users) == []


ALIASES = NameRule(alias_attributes=frozenset({"email", "preferred_username"}))


class TestAliases:
    def test_a_user_is_found_by_what_is_active_now_and_by_nothing_that_was(self) -> None:
        """Whichever way the attributes are changed."""
        alice = user("alice", "sub-1")
        users = Directory(ALIASES)
        users.add(alice)
        changes: list[tuple[Callable[[Attributes], object], bool]] = [
            (lambda attributes: attributes.update(email_verified="true"), True),
            (lambda attributes: attributes.pop("email"), False),
            (lambda attributes: attributes.setdefault("email", "alice@example.com"), True),
            (lambda attributes: attributes.__setitem__("email_verified", "false"), False),
            (lambda attributes: attributes.__setitem__("email_verified", "true"), True),
            (lambda attributes: attributes.replace({"name": "Alice"}), False),
            (lambda attributes: attributes.replace({"preferred_username": "alice@example.com"}), True),
            (lambda attributes: attributes.clear(), False),
        ]
        for change, is_found in changes:
            change(alice.attributes)
            assert (users.find("alice@example.com") is alice) is is_found

    def test_of_two_with_one_alias_the_first_is_found_and_then_the_other(self) -> None:
        alice, bob = user("alice", "sub-1"), user("bob", "sub-2")
        users = Directory(ALIASES)
        for each in (alice, bob):
            each.attributes["preferred_username"] = "queen"
            users.add(each)

        assert users.find("queen") is users.owner_of("preferred_username", "queen") is alice
        users.remove(alice)
        assert users.find("queen") is bob
        users.remove(bob)
        assert users.find("queen") is None

    def test_a_user_who_was_removed_is_not_found_by_a_later_change(self) -> None:
        alice = user("alice", "sub-1")
        users = Directory(ALIASES)
        users.add(alice)
        users.remove(alice)
        alice.attributes["preferred_username"] = "queen"

        assert users.find("queen") is None
        users.add(alice)
        assert users.find("queen") is alice

    def test_what_is_no_alias_finds_nobody(self) -> None:
        alice = user("alice", "sub-1")
        users = Directory(ALIASES)
        users.add(alice)
        alice.attributes.update(nickname="queen", phone_number="+15550001234", phone_number_verified="true")

        for attribute in ("nickname", "phone_number"):
            assert users.find(alice.attributes[attribute]) is None
            assert users.owner_of(attribute, alice.attributes[attribute]) is None


class TestUser:
    def test_its_attributes_are_changed_and_not_replaced(self) -> None:
        """Otherwise nobody would be told."""
        with pytest.raises(FrozenAttributeError):
            user("alice", "sub-1").attributes = Attributes()

    def test_users_do_not_share_what_they_collect(self) -> None:
        alice, bob = user("alice", "sub-1"), user("bob", "sub-2")

        alice.lockout.failed(NOW)

        assert bob.lockout.failures == 0
        assert alice.families is not bob.families
        assert alice.codes is not bob.codes
        assert alice.limits is not bob.limits
        assert alice.mfa_factors is not bob.mfa_factors

    @pytest.mark.parametrize("name", ["username", "sub"])
    def test_what_a_user_is_found_by_never_changes(self, name: str) -> None:
        with pytest.raises(FrozenAttributeError):
            setattr(user("alice", "sub-1"), name, "mallory")

    def test_the_verifier_does_not_show_itself(self) -> None:
        alice = user("alice", "sub-1")
        alice.verifier = Verifier(salt_hex="a11ce5a17", v=987654321)

        assert "a11ce5a17" not in repr(alice)
        assert "987654321" not in repr(alice)


class TestClient:
    def test_a_client_has_the_defaults_of_one_made_through_the_api(self) -> None:
        client = Client(client_id=CLIENT_ID, name="web")

        assert client.client_secret is None
        assert client.auth_session_validity == timedelta(minutes=3)
        assert client.access_token_validity == client.id_token_validity == timedelta(hours=1)
        assert client.refresh_token_validity == timedelta(days=30)
        assert client.prevent_user_existence_errors is ExistenceErrors.LEGACY
        assert client.enable_token_revocation

    def test_naming_no_flow_means_srp_custom_and_refresh(self) -> None:
        assert Client(client_id=CLIENT_ID, name="web").auth_flows == {
            ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
            ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
            ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
        }

    def test_naming_a_flow_means_that_flow_only(self) -> None:
        flows = frozenset({ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH})

        assert Client(client_id=CLIENT_ID, name="web", explicit_auth_flows=flows).auth_flows == flows

    @pytest.mark.parametrize("client_id", ["", "with-hyphen", "with space", "a" * 129, "ä"])
    def test_an_id_that_the_service_would_not_take_is_refused(self, client_id: str) -> None:
        with pytest.raises(ValueError, match="client_id"):
            Client(client_id=client_id, name="web")

    @pytest.mark.parametrize(("client_with", "shortest", "longest"), LIFETIMES)
    def test_lifetimes_keep_to_the_services_ranges(
        self, client_with: Callable[[timedelta], Client], shortest: timedelta, longest: timedelta
    ) -> None:
        for inside in (shortest, longest):
            client_with(inside)
        for outside in (shortest - MS, longest + MS):
            with pytest.raises(ValueError, match="validity"):
                client_with(outside)

    def test_no_token_outlives_the_refresh_token(self) -> None:
        with pytest.raises(ValueError, match="must not outlive the refresh token"):
            Client(CLIENT_ID, "web", refresh_token_validity=120 * MINUTE, access_token_validity=120 * MINUTE + MS)
        with pytest.raises(ValueError, match="must not outlive the refresh token"):
            Client(CLIENT_ID, "web", refresh_token_validity=120 * MINUTE, id_token_validity=120 * MINUTE + MS)

    def test_the_secret_does_not_show_itself(self) -> None:
        assert "hidden" not in repr(Client(CLIENT_ID, "web", client_secret=Secret("hidden")))
