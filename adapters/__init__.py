"""What touches the outside: one folder for each technology.

``cognito`` talks to Amazon Cognito, ``fake`` is a user pool in this process, ``lambda_triggers`` runs and checks the
functions behind a pool's triggers, ``storage`` keeps tokens and device secrets, ``terminal`` is the ``authsteps``
command. ``observability`` logs through structlog, and ``aws_client`` opens the clients of AWS for those who need one.
"""

if __name__ != "authsteps.adapters":
    raise ImportError(f"this is authsteps.adapters; import it under that name, not as {__name__}")
