"""Any number of pools side by side: how they and their app clients are made, described and found."""

__all__: list[str] = []
