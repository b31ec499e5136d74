"""Ways to run the functions behind triggers, one file each for where that is: here, in Node, in Lambda, in a script."""

__all__: list[str] = []
