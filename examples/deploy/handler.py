"""The three Lambda functions of a sign-in by a code that comes by e-mail.

In the template: ``handler.define``, ``handler.create`` and ``handler.verify``.
"""

import os
import secrets
from functools import cache
from typing import Any

from authsteps.adapters.lambda_triggers import custom_auth_handlers
from authsteps.flows import AnswerRequest, Challenge, ChallengeRequest, CreatedChallenge, CustomAuthFlow


@cache
def mailer() -> Any:
    """Return the client of SES, made once for each copy of the function."""
    import botocore.session  # noqa: PLC0415 -- Create alone needs it: the others start sooner without

    return botocore.session.get_session().create_client("sesv2")


def send_mail(address: str, code: str) -> None:
    """Send a code."""
    text = {"Subject": {"Data": "Your code"}, "Body": {"Text": {"Data": f"Your code is {code}."}}}
    mailer().send_email(
        FromEmailAddress=os.environ["SENDER"], Destination={"ToAddresses": [address]}, Content={"Simple": text}
    )


def send_code(request: ChallengeRequest) -> CreatedChallenge:
    """Send a code to an address that is known to be the user's. A stranger is asked alike, and nothing is sent."""
    code = f"{secrets.randbelow(1_000_000):06}"
    if request.user_attributes.get("email_verified") == "true":
        send_mail(request.user_attributes["email"], code)
    return CreatedChallenge(public={"sentTo": "the e-mail address of the account"}, private={"code": code})


def is_the_code(request: AnswerRequest) -> bool:
    """Compare, in constant time, for both are secrets."""
    return request.answer == request.private["code"]


flow = CustomAuthFlow("email_code", [Challenge("EMAIL_CODE", send_code, is_the_code, tries=3, code="keep")])

handlers = custom_auth_handlers(flow)
define, create, verify = handlers.define, handlers.create, handlers.verify
