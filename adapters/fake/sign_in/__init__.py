"""Signing in, as the pool sees it: the ladder as a declared flow, and what performs each of its rungs."""

__all__: list[str] = []
