"""The engine's face shows what its modules export, all of it and nothing else."""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import authsteps.engine

INTERNAL = {"malformed"}
"""Exported by a module for its neighbours, and on purpose not by the face."""

MODULES = [
    importlib.import_module(f"authsteps.engine.{found.name}")
    for found in pkgutil.iter_modules(authsteps.engine.__path__)
]


def test_every_name_that_the_face_lists_exists() -> None:
    assert [name for name in authsteps.engine.__all__ if not hasattr(authsteps.engine, name)] == []


def test_the_face_lists_every_name_that_a_module_exports_or_it_is_internal_on_purpose() -> None:
    exported = {name for module in MODULES for name in module.__all__}
    assert exported - INTERNAL == set(authsteps.engine.__all__)
    assert exported >= INTERNAL


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_name_that_a_module_exports_exists_once_and_is_the_one_that_the_face_shows(module: ModuleType) -> None:
    assert sorted(set(module.__all__)) == list(module.__all__)
    for name in set(module.__all__) - INTERNAL:
        assert getattr(module, name) is getattr(authsteps.engine, name)


def test_the_face_lists_names_in_order_and_once() -> None:
    assert sorted(set(authsteps.engine.__all__)) == list(authsteps.engine.__all__)


def test_the_engine_refuses_to_be_loaded_under_another_name() -> None:
    path = Path(authsteps.engine.__file__)
    spec = importlib.util.spec_from_file_location("engine", path, submodule_search_locations=[str(path.parent)])
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError, match=r"this is authsteps\.engine; import it under that name, not as engine"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
