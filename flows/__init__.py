"""Placeholder while the floor is being built."""

if __name__ != "authsteps.flows":
    raise ImportError(f"this is authsteps.flows; import it under that name, not as {__name__}")
