"""A file in which a ``FakeCognito`` keeps what is in it, so that it is there again when the file is opened anew."""

__all__: list[str] = []
