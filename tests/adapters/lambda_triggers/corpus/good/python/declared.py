import secrets

from authsteps.flows.custom_auth import Challenge, CreatedChallenge, CustomAuthFlow


def create(request):
    return CreatedChallenge(public={"hint": "six digits"}, private={"code": f"{secrets.randbelow(1_000_000):06}"})


def verify(request):
    return request.answer == request.private["code"]


flow = CustomAuthFlow(
    "by_email", [Challenge("CODE", create, verify, tries=3, code="keep")], password_first=True, give_up_after=2
)
