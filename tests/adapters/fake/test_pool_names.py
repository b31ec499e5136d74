"""By which names users are found: usernames, attributes that stand for them, aliases, subs."""

from collections.abc import Mapping

import pytest

from authsteps.adapters.fake import FakeUserPool, Purpose, UserStatus
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    EMAIL,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    STRANGER,
    App,
    Refusal,
    Reply,
    inside,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

ALIASES = frozenset({"email", "phone_number", "preferred_username"})
TAKEN = ("UsernameExistsException", "User already exists")


def invalid(text: str) -> Refusal:
    return "InvalidParameterException", text


def has_an_account(attribute: str) -> Refusal:
    return "UsernameExistsException", f"An account with the given {attribute} already exists."


def is_anothers(attribute: str) -> Refusal:
    return "AliasExistsException", f"An account with the {attribute} already exists."


async def confirm(app: App, username: str, **members: bool) -> Reply:
    user = app.pool.user(username)
    code = app.mailed(Purpose.SIGN_UP, user.username)
    return await app.named("ConfirmSignUp", username, ConfirmationCode=code, **members)


async def update(app: App, username: str, **attributes: str) -> Reply:
    given = [{"Name": name, "Value": value} for name, value in attributes.items()]
    token = (await app.tokens(username))["AccessToken"]
    return await app.call("UpdateUserAttributes", AccessToken=token, UserAttributes=given)


async def verify(app: App, username: str) -> Reply:
    token = (await app.tokens(username))["AccessToken"]
    code = app.mailed(Purpose.ATTRIBUTE_VERIFICATION, app.pool.user(username).username)
    return await app.call("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code)


class TestAttributesThatStandForTheUsername:
    @pytest.fixture
    def app(self, make_pool: MakePool, clock: VirtualClock) -> App:
        both = frozenset({"email", "phone_number"})
        return App(make_pool(username_attributes=both, auto_verified=both), clock)

    async def test_the_pools_own_name_is_the_sub(self, app: App) -> None:
        reply = await app.sign_up(EMAIL)
        user = app.pool.user(EMAIL)

        assert reply["UserSub"] == user.sub == user.username
        assert user.attributes == {"email": EMAIL}
        await confirm(app, EMAIL)
        for name in (EMAIL, user.sub):
            for way in (app.by_srp, app.by_password):
                assert tokens_of(await way(name))

    @pytest.mark.parametrize(("username", "attribute"), [(EMAIL, "email"), (PHONE, "phone_number")])
    async def test_either_is_given_for_a_username_and_taken_once(self, app: App, username: str, attribute: str) -> None:
        await app.sign_up(username)
        assert app.pool.user(username).attributes == {attribute: username}

        assert await refusal(app.sign_up(username)) == has_an_account(attribute)
        assert await refusal(app.discreet().sign_up(username)) == has_an_account(attribute)

    async def test_what_is_given_for_a_username_counts_before_the_same_attribute(self, app: App) -> None:
        await app.sign_up(EMAIL, email="other@example.com", name="Alice")

        assert app.pool.user(EMAIL).attributes == {"email": EMAIL, "name": "Alice"}

    async def test_a_required_address_is_there_if_it_is_the_username(self, app: App) -> None:
        app.pool.settings.required_attributes = ("email",)

        await app.sign_up(EMAIL)

    async def test_users_sign_in_with_a_new_address_at_once_and_not_with_the_old_one(self, app: App) -> None:
        app.pool.add_user(EMAIL, PASSWORD, attributes={"email_verified": "true"})
        app.pool.add_user("bob@example.com", PASSWORD)
        assert await refusal(update(app, EMAIL, email="bob@example.com")) == is_anothers("email")
        await update(app, EMAIL, email="alice@example.org")

        assert tokens_of(await app.by_password("alice@example.org"))
        assert await refusal(app.by_password(EMAIL)) == NO_SUCH_USER
        assert (await app.sign_up(EMAIL))["UserSub"]

    async def test_unless_a_new_address_counts_only_when_it_is_verified(self, app: App) -> None:
        app.pool.settings.verified_before_update = frozenset({"email"})
        app.pool.add_user(EMAIL, PASSWORD, attributes={"email_verified": "true"})
        await update(app, EMAIL, email="alice@example.org")
        assert await refusal(app.by_password("alice@example.org")) == NO_SUCH_USER
        app.pool.add_user("alice@example.org", PASSWORD)
        assert await refusal(verify(app, EMAIL)) == is_anothers("email")
        app.pool.delete_user("alice@example.org")

        await verify(app, EMAIL)
        assert tokens_of(await app.by_password("alice@example.org"))

    @pytest.mark.parametrize("force", [False, True])
    async def test_nobody_takes_over_what_stands_for_anothers_username(
        self,
        app: App,
        force: bool,  # noqa: FBT001  # a column of the table
    ) -> None:
        """It cannot come to that by a request: an administrator gives two users one address here."""
        await app.sign_up(EMAIL)
        user = app.pool.user(EMAIL)
        app.pool.delete_user(user.sub)
        app.pool.add_user(EMAIL, PASSWORD)
        inside(app.pool).users.add(user)

        call = app.named(
            "ConfirmSignUp",
            user.sub,
            ConfirmationCode=app.mailed(Purpose.SIGN_UP, user.username),
            ForceAliasCreation=force,
        )
        assert await refusal(call) == is_anothers("email")
        assert user.status is UserStatus.UNCONFIRMED


USERNAMES: Mapping[str, tuple[frozenset[str], str, Refusal]] = {
    "an e-mail": (frozenset({"email"}), ALICE, invalid("Username should be an email.")),
    "an e-mail, not a number": (frozenset({"email"}), PHONE, invalid("Username should be an email.")),
    "a number": (frozenset({"phone_number"}), EMAIL, invalid("Username should be a phone number.")),
    "either": (
        frozenset({"email", "phone_number"}),
        ALICE,
        invalid("Username should be either an email or a phone number."),
    ),
}


@pytest.mark.parametrize(("attributes", "username", "expected"), USERNAMES.values(), ids=[*USERNAMES])
async def test_only_what_looks_like_one_stands_for_a_username(
    make_pool: MakePool, clock: VirtualClock, attributes: frozenset[str], username: str, expected: Refusal
) -> None:
    app = App(make_pool(username_attributes=attributes), clock)

    assert await refusal(app.sign_up(username)) == expected


class TestAliases:
    @pytest.fixture
    def pool(self, make_pool: MakePool) -> FakeUserPool:
        return make_pool(alias_attributes=ALIASES)

    @pytest.fixture
    def app(self, pool: FakeUserPool, clock: VirtualClock) -> App:
        return App(pool, clock)

    async def test_an_alias_works_when_it_is_verified(self, app: App) -> None:
        await app.sign_up(email=EMAIL)
        assert await refusal(app.by_password(EMAIL)) == NO_SUCH_USER
        await confirm(app, ALICE)

        for name in (ALICE, EMAIL, app.pool.user(ALICE).sub):
            assert tokens_of(await app.by_srp(name))
        app.pool.user(ALICE).attributes["email_verified"] = "false"
        assert await refusal(app.by_password(EMAIL)) == NO_SUCH_USER

    async def test_a_preferred_username_needs_no_proof_and_is_chosen_after_confirmation(self, app: App) -> None:
        early = invalid("preferred_username cannot be set before the user is confirmed")
        assert await refusal(app.sign_up(preferred_username="queen")) == early
        await app.sign_up(email=EMAIL)
        await confirm(app, ALICE)
        await update(app, ALICE, preferred_username="queen")

        assert tokens_of(await app.by_password("queen"))
        await update(app, "queen", preferred_username="")
        assert await refusal(app.by_password("queen")) == NO_SUCH_USER

    @pytest.mark.parametrize("name", [BOB, "queen", "sub"])
    async def test_nobody_prefers_a_name_that_finds_another(self, app: App, name: str) -> None:
        app.pool.add_user(ALICE, PASSWORD)
        app.pool.add_user(BOB, PASSWORD, attributes={"preferred_username": "queen"})
        wanted = app.pool.user(BOB).sub if name == "sub" else name

        assert await refusal(update(app, ALICE, preferred_username=wanted)) == is_anothers("preferred_username")
        await update(app, ALICE, preferred_username=ALICE)

    @pytest.mark.parametrize("name", ["queen", "sub"])
    async def test_nobody_signs_up_by_a_name_that_finds_another(self, app: App, name: str) -> None:
        app.pool.add_user(BOB, PASSWORD, attributes={"preferred_username": "queen"})

        assert await refusal(app.sign_up(app.pool.user(BOB).sub if name == "sub" else name)) == TAKEN

    async def test_two_may_claim_an_address_and_the_first_to_verify_it_has_it(self, app: App) -> None:
        for username in (ALICE, BOB):
            await app.sign_up(username, email=EMAIL)
        await confirm(app, ALICE)
        assert await refusal(confirm(app, BOB)) == is_anothers("email")
        assert app.pool.user(BOB).status is UserStatus.UNCONFIRMED

        await confirm(app, BOB, ForceAliasCreation=True)
        assert app.pool.user(EMAIL).username == BOB
        assert app.pool.user(ALICE).attributes["email_verified"] == "false"
        assert tokens_of(await app.by_password(ALICE)), "the username goes on working"

    async def test_who_verifies_anothers_address_later_does_not_get_it(self, app: App) -> None:
        attributes = {"email": EMAIL, "email_verified": "true"}
        app.pool.add_user(ALICE, PASSWORD, attributes=attributes)
        app.pool.add_user(BOB, PASSWORD)
        await update(app, BOB, email=EMAIL)
        assert await refusal(verify(app, BOB)) == is_anothers("email")
        assert app.pool.user(EMAIL).username == ALICE
        app.pool.delete_user(ALICE)

        await verify(app, BOB)
        assert app.pool.user(EMAIL).username == BOB

    async def test_a_new_address_finds_nobody_until_it_is_verified(self, app: App) -> None:
        app.pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
        await update(app, ALICE, email="alice@example.org")
        for name in (EMAIL, "alice@example.org"):
            assert await refusal(app.by_password(name)) == NO_SUCH_USER

        await verify(app, ALICE)
        assert tokens_of(await app.by_password("alice@example.org"))

    @pytest.mark.parametrize(
        ("username", "told"),
        [
            (EMAIL, "Username cannot be of email format, since user pool is configured for email alias."),
            (PHONE, "Username cannot be of phone number format, since user pool is configured for phone number alias."),
        ],
    )
    async def test_a_username_does_not_look_like_an_alias(self, app: App, username: str, told: str) -> None:
        assert await refusal(app.sign_up(username)) == invalid(told)

    async def test_the_hash_of_a_secret_is_over_the_name_that_was_given(self, app: App) -> None:
        app.pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
        secretive = app.beside(with_secret=True)

        assert tokens_of(await secretive.by_password(EMAIL))
        assert await secretive.forgot_password(EMAIL)

    async def test_a_username_goes_before_an_alias_of_another(self, app: App) -> None:
        app.pool.add_user(ALICE, PASSWORD)
        app.pool.add_user(BOB, PASSWORD, attributes={"preferred_username": "queen"})
        app.pool.user(BOB).attributes["preferred_username"] = ALICE

        assert app.pool.user(ALICE).username == ALICE


class TestUpperAndLowerCase:
    async def test_they_make_one_name_where_the_pool_says_so(self, make_pool: MakePool, clock: VirtualClock) -> None:
        app = App(make_pool(is_case_sensitive=False, alias_attributes=ALIASES), clock)
        await app.sign_up("Alice", email=EMAIL.upper())
        assert await refusal(app.sign_up("ALICE")) == TAKEN
        await confirm(app, "aLiCe")
        user = app.pool.user("ALICE")

        assert user.username == "alice"
        assert user.attributes["email"] == EMAIL.upper(), "values are kept as they were given"
        for name in ("Alice", "alice", EMAIL, EMAIL.title()):
            assert tokens_of(await app.by_srp(name))
        await update(app, ALICE, preferred_username="Queen")
        assert app.pool.user("queen") is user
        app.pool.delete_user("ALICE")
        await app.sign_up(ALICE)

    async def test_they_make_two_elsewhere(self, make_pool: MakePool, clock: VirtualClock) -> None:
        app = App(make_pool(alias_attributes=ALIASES), clock)
        for username in ("Alice", "alice"):
            app.pool.add_user(username, PASSWORD)
        app.pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})

        assert app.pool.user("Alice") is not app.pool.user("alice")
        assert await refusal(app.by_password(EMAIL.upper())) == NO_SUCH_USER

    async def test_they_make_one_stranger_too(self, make_pool: MakePool, clock: VirtualClock) -> None:
        """Otherwise a second spelling would tell that there is no such user."""
        app = App(make_pool(is_case_sensitive=False), clock).discreet()
        spellings = (STRANGER, STRANGER.upper())

        assert len({str(await app.forgot_password(name)) for name in spellings}) == 1
        offers = [(await app.offer_proof(name)).parameters for name in spellings]
        assert offers[0]["SALT"] == offers[1]["SALT"]
        assert offers[0]["USER_ID_FOR_SRP"] == offers[1]["USER_ID_FOR_SRP"]
        assert inside(app.pool).stranger(STRANGER) is inside(app.pool).stranger(STRANGER.upper())

    async def test_attributes_that_stand_for_usernames_are_folded_too(
        self, make_pool: MakePool, clock: VirtualClock
    ) -> None:
        app = App(make_pool(is_case_sensitive=False, username_attributes=frozenset({"email"})), clock)
        await app.sign_up("Alice@Example.com")

        assert await refusal(app.sign_up(EMAIL)) == has_an_account("email")
        assert app.pool.user(EMAIL).attributes["email"] == "Alice@Example.com"


@pytest.mark.parametrize("name", ["username_attributes", "alias_attributes", "is_case_sensitive"])
def test_what_names_people_never_changes(pool: FakeUserPool, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(pool.settings, name, frozenset({"email"}))


@pytest.mark.parametrize(
    "settings",
    [
        {"username_attributes": frozenset({"email"}), "alias_attributes": frozenset({"phone_number"})},
        {"username_attributes": frozenset({"preferred_username"})},
        {"alias_attributes": frozenset({"nickname"})},
    ],
)
def test_a_pool_is_not_made_with_other_names(make_pool: MakePool, settings: dict[str, frozenset[str]]) -> None:
    with pytest.raises(ValueError, match="the username"):
        make_pool(**settings)


class TestNamesOfOthers:
    """Whoever gives another's name on the way in is not found by it."""

    async def test_an_account_is_not_made_with_another_address_or_number_that_names_somebody(
        self, make_pool: MakePool, clock: VirtualClock
    ) -> None:
        pool = make_pool(username_attributes=frozenset({"email", "phone_number"}))
        pool.add_user(PHONE, PASSWORD)

        assert await refusal(App(pool, clock).sign_up("eve@example.com", phone_number=PHONE)) == (
            "UsernameExistsException",
            "An account with the given phone_number already exists.",
        )

    @pytest.mark.parametrize("named_by", ["username", "sub"])
    async def test_a_new_password_does_not_come_with_the_name_of_another(
        self, make_pool: MakePool, clock: VirtualClock, named_by: str
    ) -> None:
        pool = make_pool(alias_attributes=frozenset({"preferred_username"}))
        pool.add_user(ALICE, PASSWORD)
        pool.add_user(BOB, PASSWORD, temporary=True)
        app, name = App(pool, clock), getattr(pool.user(ALICE), named_by)
        challenge = await app.by_password(BOB)
        taken = {"userAttributes.preferred_username": name}

        assert await refusal(
            app.respond(challenge["ChallengeName"], BOB, challenge["Session"], NEW_PASSWORD="Better-battery-8", **taken)
        ) == ("AliasExistsException", "An account with the preferred_username already exists.")
        assert pool.user(name).username == ALICE
