"""What touches the outside: one folder for each technology.

``cognito`` talks to Amazon Cognito, ``fake`` is a user pool in this process, ``observability`` logs through structlog,
``storage`` keeps tokens and device secrets, ``terminal`` is the ``authsteps`` command.
"""

if __name__ != "authsteps.adapters":
    raise ImportError(f"this is authsteps.adapters; import it under that name, not as {__name__}")
