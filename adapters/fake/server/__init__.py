"""The fake over HTTP, in Cognito's own protocol, for clients of any language. It needs the extra ``server``.

``cognito_app`` is the web application, ``listen`` and ``serving`` run it on a port of this machine, on asyncio::

    cognito, listener = FakeCognito(), await listen()
    async with serving(cognito_app(cognito), listener):
        ...  # listener.url is the endpoint
"""

from .app import Exchange, Limits, cognito_app
from .listener import Listener, NotListeningError, listen, serving

__all__ = ["Exchange", "Limits", "Listener", "NotListeningError", "cognito_app", "listen", "serving"]
