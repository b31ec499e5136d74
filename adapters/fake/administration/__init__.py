"""What an administrator does to a pool's users and groups."""

__all__: list[str] = []
