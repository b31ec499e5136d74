"""A real browser, Chromium: the outbox page as a person sees it, and a page of another origin that signs people in.

Where there is no Chromium these tests skip and say so; in CI it must be there (``AUTHSTEPS_CLIENTS``).
"""

import os
import shutil
from collections.abc import AsyncIterator

import attrs
import pytest
from playwright.async_api import Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.fake.server import listen, serving
from tests.adapters.fake.server.served import Served, serve
from tests.adapters.fake.world import ALICE, ALL_FLOWS, PASSWORD, load_signing_keys

POOL = "eu-west-1_Pool00001"
ASK = """async ([endpoint, operation, members]) => {
  const reply = await fetch(endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
      "X-Amz-User-Agent": "a page",
      "Cache-Control": "no-store",
    },
    body: JSON.stringify(members),
  });
  const told = ["x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"];
  return [reply.status, await reply.json(), told.filter((name) => reply.headers.get(name) !== null)];
}"""
"""What a client in a browser does."""


@attrs.frozen
class Visit:
    """A browser's page, and the fake that it can reach."""

    page: Page
    served: Served

    @property
    def pool(self) -> FakeUserPool:
        """The pool that there is."""
        return self.served.cognito.pool(POOL)

    async def sign_up(self, username: str) -> None:
        """Have a code sent."""
        attributes = [{"Name": "email", "Value": "somebody@example.com"}]
        request = {"ClientId": self.pool.client.client_id, "Username": username, "Password": PASSWORD}
        assert (await self.served.call("SignUp", {**request, "UserAttributes": attributes})).status == 200


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """A page that has not been anywhere yet, and a fake with one pool."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        reason = "there is no Chromium here: make browser installs it"
        pytest.fail(reason) if os.environ.get("AUTHSTEPS_CLIENTS") == "required" else pytest.skip(reason)
    async with async_playwright() as playwright, serve() as served:
        pool = FakeUserPool(POOL, signing_keys=load_signing_keys())
        pool.add_client(explicit_auth_flows=ALL_FLOWS)
        pool.add_user(ALICE, PASSWORD)
        served.cognito.add_pool(pool)
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield Visit(await browser.new_page(), served)
        await browser.close()


async def test_the_outbox_shows_messages_as_they_come_and_until_it_is_emptied(visit: Visit) -> None:
    page = visit.page
    await page.goto(visit.served.listener.url)
    await expect(page.get_by_text("No message has been sent yet.")).to_be_visible()

    await visit.sign_up("first")
    await visit.sign_up("second")
    rows = page.locator("#messages tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("second")
    await expect(rows.first).to_contain_text("somebody@example.com")
    await expect(rows.first).to_contain_text(visit.pool.outbox.latest("second").code.reveal())
    await expect(page).to_have_title("Outbox (2)")

    await page.get_by_role("button", name="Empty it").click()
    await expect(rows).to_have_count(0)
    assert len(visit.pool.outbox) == 0


async def test_the_outbox_shows_a_name_as_it_is_and_runs_nothing_that_stands_in_it(visit: Visit) -> None:
    name = "<img/src=x/onerror=document.title='taken'>"
    await visit.sign_up(name)

    await visit.page.goto(f"{visit.served.listener.url}/outbox")

    await expect(visit.page.locator("#messages td.to")).to_contain_text(name)
    assert await visit.page.locator("#messages img").count() == 0
    await expect(visit.page).to_have_title("Outbox (1)")


async def test_the_outbox_says_that_the_server_is_gone(visit: Visit) -> None:
    async with serve() as other:
        await visit.page.goto(f"{other.listener.url}/outbox")
        await expect(visit.page.get_by_role("status")).to_have_text("0 messages")

    await expect(visit.page.get_by_role("status")).to_contain_text("The server does not answer")


async def test_a_page_of_another_origin_signs_people_in_and_reads_why_it_may_not(visit: Visit) -> None:
    async def blank(_: Request) -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>An app</title>")

    listener = await listen()
    async with serving(Starlette(routes=[Route("/", blank)]), listener):
        await visit.page.goto(listener.url)
        answers = [
            await visit.page.evaluate(
                ASK,
                [
                    visit.served.listener.url,
                    "InitiateAuth",
                    {
                        "AuthFlow": "USER_PASSWORD_AUTH",
                        "ClientId": visit.pool.client.client_id,
                        "AuthParameters": {"USERNAME": ALICE, "PASSWORD": password},
                    },
                ],
            )
            for password in (PASSWORD, "wrong")
        ]

    (status, tokens, told), (refused, error, why) = answers
    assert (status, set(tokens)) == (200, {"AuthenticationResult", "ChallengeParameters"})
    assert told == ["x-amzn-requestid", "date"]
    assert (refused, error["__type"]) == (400, "NotAuthorizedException")
    assert why == ["x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"]
