"""Placeholder while the floor is being built."""

if __name__ != "authsteps.adapters":
    raise ImportError(f"this is authsteps.adapters; import it under that name, not as {__name__}")
