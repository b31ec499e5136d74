"""``AuthService``: the verbs for many people at once.

It holds no user. Every sign-in that waits for a person is a run with an unguessable handle, which the caller keeps with
that person, in a cookie for instance. Tokens arrive in ``Done``.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from enum import Enum
from typing import TypeVar, cast

import attrs

from authsteps.engine.driver import Driver, RunHandle, Stop
from authsteps.engine.errors import ContractError, EventNotAllowedError, ExpiredRunError, RunError, UnknownRunError
from authsteps.engine.flow import Flow
from authsteps.engine.messages import Carried, Event, Secret, Step
from authsteps.engine.ports import Clock, Entropy, Observer, RunStore
from authsteps.engine.shield import surely
from authsteps.engine.store import MemoryRunStore
from authsteps.engine.system import SystemClock, SystemEntropy

from . import effects, events, reset_password, sign_in, sign_up
from .account import Account
from .auth_events import AuthEventKind, AuthEvents
from .errors import (
    BackendContractError,
    DeviceMissing,
    DeviceNotTrackedError,
    DeviceRefusal,
    DeviceRefusedError,
    InvalidInputError,
    InvalidStateError,
    Refusal,
    UnreadableReply,
    auth_error,
)
from .exchange import exchange
from .model import Answer, AuthFlow, CodeDelivery, DeviceSecrets, FactorType, Tokens, seal, sealed
from .ports import Backend, IdentityPool
from .steps import (
    Aside,
    CompleteAutoSignIn,
    ConfirmResetPasswordWithCode,
    ConfirmSignUpWithCode,
    Done,
    NextStep,
    PasswordResetDone,
    SignUpDone,
    code_of,
    friendly_name_of,
    password_of,
    text_of,
    texts_of,
)

__all__ = ["AuthService", "ResetPasswordResult", "SignInResult", "SignUpResult", "username_of"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)

_MAX_USERNAME_LENGTH = 128
"""Characters. Source: the service model of cognito-idp, UsernameType."""

_BEGINS_WITH_PASSWORD = frozenset({AuthFlow.USER_SRP_AUTH, AuthFlow.USER_PASSWORD_AUTH, AuthFlow.CUSTOM_AUTH_WITH_SRP})
"""Source: AWS Amplify Auth, signIn. With USER_AUTH it depends on the factor that is preferred."""

_RUN_IS_PAST_THAT = (UnknownRunError, ExpiredRunError, EventNotAllowedError)
"""A code outlives the run that asked for it. Then it goes without the run, and the backend says what it is worth."""


@attrs.frozen
class SignInResult:
    """How far a sign-in has come.

    Attributes:
        next_step: What to do next; ``Done`` when the person is signed in.
        run: The handle to answer it with; ``None`` when the run is over.
    """

    next_step: NextStep
    run: RunHandle | None

    @property
    def is_signed_in(self) -> bool:
        """Whether the person is signed in."""
        return isinstance(self.next_step, Done)


@attrs.frozen
class SignUpResult:
    """How far a sign-up has come.

    Attributes:
        next_step: What to do next.
        run: The handle of the waiting run; ``None`` when it is over. ``confirm_sign_up`` works without it too,
            ``auto_sign_in`` does not.
    """

    next_step: ConfirmSignUpWithCode | CompleteAutoSignIn | SignUpDone
    run: RunHandle | None = None

    @property
    def user_id(self) -> str | None:
        """The new user's ``sub``; ``None`` if the account was confirmed without its run."""
        return self.next_step.user_id

    @property
    def is_sign_up_complete(self) -> bool:
        """Whether the account can be used."""
        return isinstance(self.next_step, CompleteAutoSignIn | SignUpDone)


@attrs.frozen
class ResetPasswordResult:
    """How far a reset has come.

    Attributes:
        next_step: What to do next.
        run: The handle of the waiting run; ``None`` when it is over. ``confirm_reset_password`` works without it too.
    """

    next_step: ConfirmResetPasswordWithCode | PasswordResetDone
    run: RunHandle | None = None

    @property
    def is_password_reset(self) -> bool:
        """Whether the new password holds."""
        return isinstance(self.next_step, PasswordResetDone)


class AuthService:
    """Signs people in, up, and back in when they forgot their password: many at once.

    One service may be used by any number of tasks. It has no task, timer or lock for a waiting person.

    Args:
        backend: Cognito, or a fake of it.
        store: Keeps the waiting runs; in memory if none is given. All flows may share one.
        clock: Tells the time.
        entropy: Makes handles.
        observer: Is told of every advance.
        run_lifetime: How long a run waits for its person, counted from the last reply. Cognito's own sessions live
            3 to 15 minutes, which the client cannot see.
        default_flow: How ``sign_in`` begins if it is not told.
        events: Where sign-ins that are done are published, and what its accounts publish. It is shared with others, or
            made here.
        identity_pool: Gives its accounts AWS credentials.

    Attributes:
        events: Where to listen.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        store: RunStore | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        observer: Observer | None = None,
        run_lifetime: timedelta = timedelta(minutes=15),
        default_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        events: AuthEvents | None = None,
        identity_pool: IdentityPool | None = None,
    ) -> None:
        self.events = events if events is not None else AuthEvents()
        self._backend = backend
        self._identity_pool = identity_pool
        self._clock = clock if clock is not None else SystemClock()
        self._entropy = entropy if entropy is not None else SystemEntropy()
        self._store = store if store is not None else MemoryRunStore(self._clock)
        self._observer = observer
        self._run_lifetime = run_lifetime
        self._default_flow = default_flow
        self._sign_in = self._drive(sign_in.sign_in)
        self._sign_up = self._drive(sign_up.sign_up)
        self._reset_password = self._drive(reset_password.reset_password)

    async def sign_in(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        flow: AuthFlow | None = None,
        preferred_factor: FactorType | None = None,
        device: DeviceSecrets | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Begin to sign somebody in.

        Args:
            username: As typed; an alias will do.
            password: Exactly as typed. USER_SRP_AUTH, USER_PASSWORD_AUTH, CUSTOM_AUTH_WITH_SRP and a preferred password
                need it, CUSTOM_AUTH_WITHOUT_SRP has no place for it. With USER_AUTH and no password preferred it is not
                sent; the step that wants it takes it.
            flow: How to begin; ``default_flow`` if it is not given.
            preferred_factor: With USER_AUTH: the first factor to begin with. A user who has none of it is asked to
                choose.
            device: The device's secrets, if this browser or program has any for the user.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The username, the flow or the factor cannot be one, or the password or the factor does not
                fit the flow; nothing was sent.
            AuthError: The backend refused. There is no run; start again.
            DeviceRefusedError: The device's proof was not taken. Forget its secrets, and start again without them.
            BackendError: The backend did not do its part. There is no run; start again.
            TooManyRunsError: The store is full.
        """
        secret = sealed(password) if password is not None else None
        del password
        chosen = flow if flow is not None else self._default_flow
        event = events.SignInRequested(
            username=username_of(username),
            flow=chosen,
            password=_password_to_begin_with(secret, chosen, preferred_factor),
            preferred=preferred_factor,
            device=device,
            client_metadata=_metadata(client_metadata),
        )
        return self._signed_in(await _translated(self._sign_in.start(event)))

    async def confirm_sign_in(
        self,
        run: RunHandle,
        answer: Answer,
        *,
        device: DeviceSecrets | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Answer the step that the run waits at.

        A refused answer leaves the run at its step: the error is ``retryable``, and another answer may be given.

        Args:
            run: The handle.
            answer: What the step takes; see its ``accepts``.
            device: The device's secrets, if this browser or program has any for the user: the same as for ``sign_in``,
                for a waiting run does not keep them.
            friendly_device_name: Where an authenticator app is being set up: a name for its device.
            client_metadata: For the triggers of this call. That of earlier calls does not count.

        Raises:
            InvalidInputError: The answer or the name cannot be one; nothing was sent.
            AuthError: The backend refused.
            DeviceNotTrackedError: The pool wants the device proved, and ``device`` was not given. The run is over.
            DeviceRefusedError: The device's proof was not taken. The run is over; forget the device's secrets.
            BackendError: The backend did not do its part; ``in_doubt`` says whether the answer may have arrived.
            UnknownRunError, ExpiredRunError, StaleRunError: The run takes no answer; nothing was sent.
        """
        given = seal(answer)
        del answer
        aside = Aside(_metadata(client_metadata), device, friendly_name_of(friendly_device_name))
        return self._signed_in(
            await _translated(
                self._sign_in.send(_handle(run), lambda step: cast("NextStep", step).accepts(given, aside))
            )
        )

    async def next_step(self, run: RunHandle) -> NextStep:
        """Return the step that a sign-in waits at.

        Raises:
            UnknownRunError, ExpiredRunError, StaleRunError: There is no such step now.
        """
        return cast("NextStep", await self._sign_in.next_step(_handle(run)))

    async def abandon(self, run: RunHandle) -> None:
        """Forget a run. An unknown one is no error."""
        await self._sign_in.abandon(_handle(run))

    async def sign_up(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        attributes: Mapping[str, str] | None = None,
        validation_data: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignUpResult:
        """Make an account.

        Args:
            username: The name that is wanted.
            password: Exactly as typed; none for an account without one, where the pool allows that.
            attributes: User attributes by name, such as ``email``.
            validation_data: For the pre sign-up trigger alone; it is not kept.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The username or the password cannot be one; nothing was sent.
            AuthError: The backend refused, ``UsernameExistsError`` for instance.
            BackendError: The backend did not do its part.
            TooManyRunsError: The store is full.
        """
        secret = sealed(password) if password is not None else None
        del password
        event = events.SignUpRequested(
            username_of(username),
            password_of(secret) if secret is not None else None,
            texts_of(attributes, "attributes"),
            texts_of(validation_data, "validation_data"),
            _metadata(client_metadata),
        )
        return _sign_up_result(await _translated(self._sign_up.start(event)))

    async def confirm_sign_up(
        self,
        username: str,
        code: str | Secret,
        *,
        run: RunHandle | None = None,
        force_alias_creation: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignUpResult:
        """Confirm an account with the code that was sent.

        Args:
            username: Whose.
            code: The code.
            run: The handle that ``sign_up`` gave, if it is at hand. The code works without it, or when it is over; but
                only with it can the new user be signed in by ``auto_sign_in``.
            force_alias_creation: Take an e-mail address or phone number over from the user who has it.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The username or the code cannot be one.
            AuthError: The backend refused, ``CodeMismatchError`` for instance. Another code may be given.
            BackendError: The backend did not do its part.
            StaleRunError: Another call is moving the run on.
        """
        given = sealed(code)
        del code
        username, secret, metadata = username_of(username), code_of(given, "code"), _metadata(client_metadata)
        if run is not None:
            answered = _for_user(username, events.SignUpCodeAnswered(secret, force_alias_creation, metadata))
            with contextlib.suppress(*_RUN_IS_PAST_THAT):
                return _sign_up_result(await _translated(self._sign_up.send(_handle(run), answered)))
        confirm = effects.ConfirmSignUp(username, secret, None, force_alias_creation, metadata)
        await exchange(self._backend, confirm, events.SignUpConfirmed)
        return SignUpResult(SignUpDone())

    async def resend_sign_up_code(
        self, username: str, *, run: RunHandle | None = None, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send the sign-up code again, and say where it went.

        Args:
            username: Whose.
            run: The handle that ``sign_up`` gave, if it is at hand.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The username cannot be one.
            AuthError: The backend refused.
            BackendError: The backend did not do its part.
            StaleRunError: Another call is moving the run on.
        """
        username, metadata = username_of(username), _metadata(client_metadata)
        if run is not None:
            requested = _for_user(username, events.ResendRequested(metadata))
            with contextlib.suppress(*_RUN_IS_PAST_THAT):
                stop = _raise_failure(await _translated(self._sign_up.send(_handle(run), requested)))
                if isinstance(stop.step, ConfirmSignUpWithCode) and stop.step.delivery is not None:
                    return stop.step.delivery
                raise BackendContractError("it does not say where the code went")
        resend = effects.ResendConfirmationCode(username, metadata)
        return (await exchange(self._backend, resend, events.CodeSent)).delivery

    async def auto_sign_in(
        self,
        run: RunHandle,
        *,
        device: DeviceSecrets | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Sign a new user in with the session of the sign-up, which stands for the code that was just given.

        Once the sign-in has begun the sign-up is over. A beginning that fails leaves it as it is.

        Args:
            run: The handle of a sign-up that waits at ``CompleteAutoSignIn``.
            device: The device's secrets, if this browser or program has any for the user.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidStateError: The sign-up is not that far; nothing was sent.
            AuthError, BackendError, TooManyRunsError: As for ``sign_in``.
            UnknownRunError, ExpiredRunError, StaleRunError: There is no such sign-up now; nothing was sent.
        """
        metadata = _metadata(client_metadata)
        step = await self._sign_up.next_step(_handle(run))
        if not isinstance(step, CompleteAutoSignIn):
            raise InvalidStateError("the sign-up is not complete: confirm it first")
        event = events.SignInRequested(
            username=step.username,
            flow=AuthFlow.USER_AUTH,
            session=Carried(step.session.reveal()),
            device=device,
            client_metadata=metadata,
        )
        begun = await _translated(self._sign_in.start(event))
        _raise_failure(begun)
        await self._end_sign_up(run, begun.run)
        return self._signed_in(begun)

    async def reset_password(
        self, username: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> ResetPasswordResult:
        """Send a code with which a forgotten password can be reset.

        Args:
            username: Whose.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The username cannot be one.
            AuthError: The backend refused.
            BackendError: The backend did not do its part.
            TooManyRunsError: The store is full.
        """
        event = events.ResetRequested(username_of(username), _metadata(client_metadata))
        return _reset_result(await _translated(self._reset_password.start(event)))

    async def confirm_reset_password(
        self,
        username: str,
        new_password: str | Secret,
        code: str | Secret,
        *,
        run: RunHandle | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> ResetPasswordResult:
        """Set a new password with the code that was sent. Nobody is signed in by it.

        Args:
            username: Whose.
            new_password: Exactly as typed.
            code: The code.
            run: The handle that ``reset_password`` gave, if it is at hand. The code works without it, or when it is
                over.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The username, the password or the code cannot be one.
            AuthError: The backend refused. Another code or password may be given.
            BackendError: The backend did not do its part.
            StaleRunError: Another call is moving the run on.
        """
        given, given_code = sealed(new_password), sealed(code)
        del new_password, code
        username, metadata = username_of(username), _metadata(client_metadata)
        secret, secret_code = password_of(given, "new_password"), code_of(given_code, "code")
        if run is not None:
            answered = _for_user(username, events.ResetAnswered(secret_code, secret, metadata))
            with contextlib.suppress(*_RUN_IS_PAST_THAT):
                return _reset_result(await _translated(self._reset_password.send(_handle(run), answered)))
        confirm = effects.ConfirmForgotPassword(username, secret_code, secret, metadata)
        await exchange(self._backend, confirm, events.PasswordWasReset)
        return ResetPasswordResult(PasswordResetDone())

    def account(self, tokens: Tokens, *, device: DeviceSecrets | None = None) -> Account:
        """Return the verbs of somebody who is signed in.

        Args:
            tokens: What ``Done`` gave, or a refresh since.
            device: The device's secrets, if this browser or program has any for the user.
        """
        return Account(
            self._backend,
            tokens,
            clock=self._clock,
            device=device,
            events=self.events,
            identity_pool=self._identity_pool,
        )

    def _signed_in(self, stop: Stop) -> SignInResult:
        step = cast("NextStep", _raise_failure(stop).step)
        if isinstance(step, Done):
            self.events.publish(AuthEventKind.SIGNED_IN, step.user, self._clock.now())
        return SignInResult(step, stop.run)

    async def _end_sign_up(self, run: RunHandle, begun: RunHandle | None) -> None:
        """End a sign-up whose sign-in has begun. If that fails nothing of it remains, for nobody has its handle."""
        try:
            with contextlib.suppress(RunError):  # another call has ended it, which will do
                await self._sign_up.send(run, lambda _: events.AutoSignInRequested())
        except BaseException as error:  # a cancellation, too, would leave the sign-in without a handle
            if begun is not None:
                await self._take_back(begun, because=error)
            raise

    async def _take_back(self, begun: RunHandle, *, because: BaseException) -> None:
        try:
            await surely(lambda: self.abandon(begun))
        except Exception as error:  # noqa: BLE001  # whatever a store raises, the first failure is what matters
            because.add_note(
                f"the store failed as well ({type(error).__name__}); a sign-in that nobody can answer waits in it"
            )

    def _drive(self, flow: Flow[S, C]) -> Driver[S, C]:
        return Driver(
            flow,
            [self._backend],
            self._store,
            clock=self._clock,
            entropy=self._entropy,
            observer=self._observer,
            lifetime=self._run_lifetime,
        )


async def _translated(stop: Awaitable[Stop]) -> Stop:
    """Await a driver's verb, and name its broken contracts as the backend's."""
    try:
        return await stop
    except ContractError as error:
        raise BackendContractError(f"{error.problem} in {error.state} of {error.flow}") from error


def _raise_failure(stop: Stop) -> Stop:
    match stop.failure:
        case None:
            return stop
        case DeviceRefusal(message=message):
            raise DeviceRefusedError(message)
        case DeviceMissing():
            raise DeviceNotTrackedError("the pool wants the device proved, and its secrets are not at hand")
        case Refusal(code=code, message=message):
            raise auth_error(code, message, retryable=stop.run is not None)
        case UnreadableReply(problem=problem):
            raise BackendContractError(problem)
        case failure:
            raise BackendContractError(f"the flow failed with {failure.label}")


def _sign_up_result(stop: Stop) -> SignUpResult:
    step = cast("ConfirmSignUpWithCode | CompleteAutoSignIn | SignUpDone", _raise_failure(stop).step)
    return SignUpResult(step, stop.run)


def _reset_result(stop: Stop) -> ResetPasswordResult:
    step = cast("ConfirmResetPasswordWithCode | PasswordResetDone", _raise_failure(stop).step)
    return ResetPasswordResult(step, stop.run)


_OF_SOMEBODY = ConfirmSignUpWithCode | CompleteAutoSignIn | ConfirmResetPasswordWithCode


def _for_user(username: str, event: Event) -> Callable[[Step], Event]:
    """Answer a run of this very user and of nobody else."""

    def answer(step: Step) -> Event:
        if isinstance(step, _OF_SOMEBODY) and step.username == username:
            return event
        raise InvalidInputError("run", "was begun for somebody else", "leave the run out")

    return answer


def _handle(run: RunHandle) -> RunHandle:
    # It is typed as a handle, but people pass the text of their cookie all the same.
    if not isinstance(cast("object", run), RunHandle):
        raise InvalidInputError("run", "is no handle", "give RunHandle(text)")
    return run


def username_of(username: str) -> str:
    """Return a username, exactly as typed.

    Raises:
        InvalidInputError: It is no text, empty, or longer than a pool can hold.
    """
    return text_of(Secret(username), "username", at_most=_MAX_USERNAME_LENGTH).reveal()


def _password_to_begin_with(given: Secret | None, flow: AuthFlow, preferred: FactorType | None) -> Secret | None:
    """Hold a password and a preferred factor against the flow. Source: AWS Amplify Auth, signIn."""
    # They are typed as members, but people pass the text of an option or a setting all the same.
    if not isinstance(cast("object", flow), AuthFlow):
        raise InvalidInputError("flow", "is no AuthFlow", "give a member, such as AuthFlow.USER_AUTH")
    if preferred is not None and not isinstance(cast("object", preferred), FactorType):
        raise InvalidInputError("preferred_factor", "is no FactorType", "give a member, such as FactorType.EMAIL_OTP")
    if preferred is not None and flow is not AuthFlow.USER_AUTH:
        raise InvalidInputError("preferred_factor", f"has no place in {flow.value}", "give it with USER_AUTH alone")
    if flow is AuthFlow.CUSTOM_AUTH_WITHOUT_SRP and given is not None:
        raise InvalidInputError("password", f"has no place in {flow.value}", "leave it out, or begin with SRP")
    if flow in _BEGINS_WITH_PASSWORD or (preferred is not None and preferred.is_password):
        return password_of(given if given is not None else Secret(""))
    return None


def _metadata(client_metadata: Mapping[str, str] | None) -> Mapping[str, str]:
    return texts_of(client_metadata, "client_metadata")
