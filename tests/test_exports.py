"""What may be imported from where: every ``__all__`` agrees with its module, in both directions.

That the names stand in order is ruff's to check (RUF022).
"""

import importlib
import pkgutil
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

ROOT = Path(__file__).parents[1]
FACES = (
    "authsteps.engine",
    "authsteps.flows",
    "authsteps.adapters.cognito",
    "authsteps.adapters.fake",
    "authsteps.adapters.lambda_triggers",
    "authsteps.adapters.lambda_triggers.linter",
    "authsteps.adapters.storage",
)
MODULES = sorted(
    found.name
    for floor in ("engine", "flows", "adapters")
    for found in pkgutil.walk_packages([str(ROOT / floor)], prefix=f"authsteps.{floor}.")
    if not found.name.endswith(".__main__")
)


def exported_by(module: ModuleType) -> list[str]:
    """The module's ``__all__``."""
    names: list[str] = module.__all__
    return names


@pytest.mark.parametrize("name", [*FACES, *(module for module in MODULES if module not in FACES)])
def test_every_exported_name_exists_and_is_exported_once(name: str) -> None:
    module = importlib.import_module(name)
    exported = exported_by(module)
    assert [missing for missing in exported if not hasattr(module, missing)] == []
    assert len(exported) == len(set(exported))


@pytest.mark.parametrize("name", FACES)
def test_a_face_exports_every_public_thing_of_its_folder_that_it_holds(name: str) -> None:
    face = importlib.import_module(name)
    held = {
        attribute
        for attribute, value in vars(face).items()
        if not attribute.startswith("_") and str(getattr(value, "__module__", "")).startswith(f"{name}.")
    }
    assert held - set(exported_by(face)) == set()


@pytest.mark.parametrize("name", FACES)
def test_a_class_or_function_that_a_face_exports_is_exported_by_its_home_too(name: str) -> None:
    face = importlib.import_module(name)
    exported = [getattr(face, attribute) for attribute in exported_by(face)]
    homes = [(value.__name__, value.__module__) for value in exported if isinstance(value, type | FunctionType)]
    assert [
        f"{thing} of {home}" for thing, home in homes if thing not in exported_by(importlib.import_module(home))
    ] == []
