"""What keeps the three floors apart, beyond the contracts that import-linter holds (see ``[tool.importlinter]``).

Those contracts speak of imports between modules. Here stand the promises they cannot say: what an import brings along
when it runs, which names a module may call, and that every module of the two lower floors is placed.

Python runs a package's ``__init__`` before any module in it, so ``import authsteps.engine.flow`` runs the face of
``authsteps.engine`` and with it the driver. That a pure module needs neither is shown with the faces left out.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("engine", "flows", "adapters")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))

SHELL = {
    "authsteps.engine": "the face",
    "authsteps.engine.diagram": "draws with transitions' own extension",
    "authsteps.engine.driver": "the async loop",
    "authsteps.engine.ports": "async protocols",
    "authsteps.engine.store": "holds runs",
    "authsteps.engine.shield": "a write that outlives a cancellation",
    "authsteps.engine.system": "the system's clock and entropy",
    "authsteps.flows": "the face",
    "authsteps.flows.account": "verbs",
    "authsteps.flows.auth_events": "tells listeners",
    "authsteps.flows.client": "verbs",
    "authsteps.flows.devices": "verbs",
    "authsteps.flows.exchange": "one effect, performed",
    "authsteps.flows.expiry": "asks a clock",
    "authsteps.flows.factors": "verbs",
    "authsteps.flows.federation": "holds credentials",
    "authsteps.flows.pages": "page after page, performed",
    "authsteps.flows.ports": "async protocols",
    "authsteps.flows.profile": "verbs",
    "authsteps.flows.service": "verbs",
    "authsteps.flows.session": "what the verbs give back",
    "authsteps.flows.signed_in": "what the verbs share",
    "authsteps.flows.stores": "hold tokens and devices",
}
"""The modules of the two lower floors that need not be pure, and what they are instead."""

ARROWS: dict[str, set[str]] = {
    "cognito": {"aws_client"},
    "fake": {"cognito", "lambda_triggers"},
    "lambda_triggers": {"aws_client"},
}
"""Which other rooms an adapter folder may import. The terminal may import all, the rest none."""


def module_of(path: Path) -> str:
    """The name under which a source file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("authsteps", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def imported_by(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, relative ones resolved, and every name taken from one."""
    package = module_of(path).split(".") if path.name == "__init__.py" else module_of(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def importers_of(*libraries: str) -> set[str]:
    """The source files, as paths from the root, that import one of these libraries."""
    return {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if any(name.split(".")[0] in libraries for name in imported_by(path))
    }


def loaded_after(program: str) -> set[str]:
    """The modules that a fresh interpreter has loaded when it has run the program."""
    program += "\nimport sys\nprint(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  # our own interpreter, our own text
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def pure_modules() -> list[str]:
    """The modules that the contract in ``pyproject.toml`` names pure."""
    config: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts: list[dict[str, Any]] = config["tool"]["importlinter"]["contracts"]
    (pure,) = (contract for contract in contracts if contract["name"].startswith("Pure modules"))
    modules: list[str] = pure["source_modules"]
    return modules


def test_every_module_of_the_lower_floors_is_pure_by_contract_or_named_as_shell() -> None:
    lower = {module_of(path) for path in SOURCES if path.relative_to(ROOT).parts[0] != "adapters"}
    pure = {module for module in pure_modules() if not module.startswith("authsteps.adapters.")}
    assert pure & SHELL.keys() == set()
    assert pure | SHELL.keys() == lower


@pytest.mark.parametrize("module", pure_modules())
def test_a_pure_module_loads_without_an_event_loop_a_logger_library_or_a_vendor(module: str) -> None:
    without_faces = f"""
import importlib, sys, types
import authsteps
for package in ("engine", "flows", "adapters", "adapters.cognito"):
    face = types.ModuleType("authsteps." + package)
    face.__path__ = [folder + "/" + package.replace(".", "/") for folder in authsteps.__path__]
    sys.modules[face.__name__] = face
importlib.import_module("{module}")
"""
    loaded = loaded_after(without_faces)
    assert module in loaded
    assert not loaded & {"aiobotocore", "anyio", "asyncio", "boto3", "botocore", "rich", "structlog", "trio", "typer"}
    assert not loaded & {"authsteps.engine.driver", "authsteps.engine.system", "authsteps.flows.service"}


@pytest.mark.parametrize(
    "face",
    ["authsteps.engine", "authsteps.flows", "authsteps.adapters.cognito", "authsteps.adapters.lambda_triggers"],
)
def test_importing_a_face_does_not_load_the_client_of_aws(face: str) -> None:
    loaded = loaded_after(f"import {face}")
    assert face in loaded
    assert not loaded & {"aiobotocore", "aiohttp", "boto3", "botocore"}


def test_making_a_store_does_not_load_the_keyring_which_is_an_extra_and_slow() -> None:
    loaded = loaded_after("from authsteps.adapters import storage; storage.KeyringTokenStore()")
    assert "authsteps.adapters.storage.keyring_document" in loaded
    assert "keyring" not in loaded


@pytest.mark.parametrize("bare", FLOORS)
def test_a_floor_refuses_to_load_under_its_bare_name_and_says_which_one_to_use(bare: str) -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {bare}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  # our own interpreter, our own text
    assert done.returncode == 1
    assert done.stderr.endswith(f"ImportError: this is authsteps.{bare}; import it under that name, not as {bare}\n")


def test_only_the_flow_and_the_diagram_import_transitions() -> None:
    assert importers_of("transitions") == {"engine/flow.py", "engine/diagram.py"}


def test_only_the_doors_to_its_services_import_the_client_of_aws() -> None:
    assert importers_of("aiobotocore", "aiohttp", "boto3", "botocore") == {
        "adapters/aws_client.py",
        "adapters/cognito/aws.py",
        "adapters/fake/server/service_model.py",
        "adapters/cognito/key_set.py",
        "adapters/lambda_triggers/runners/aws.py",
    }


def test_only_the_codes_of_custom_senders_import_the_encryption_sdk() -> None:
    assert importers_of("aws_encryption_sdk") == {"adapters/lambda_triggers/code_encryption.py"}


def test_only_one_document_imports_the_keyring() -> None:
    assert importers_of("keyring", "keyrings") == {"adapters/storage/keyring_document.py"}


def test_an_adapter_folder_imports_no_other_but_along_the_arrows() -> None:
    astray = [
        f"{module_of(path)} imports {name}"
        for path in SOURCES
        if len(parts := path.relative_to(ROOT).parts) > 2 and (folder := parts[1]) != "terminal"
        for name in imported_by(path)
        if name.startswith("authsteps.adapters.")
        if name.split(".")[2] not in {folder} | ARROWS.get(folder, set())
    ]
    assert astray == []


def folder_of(path: Path) -> str:
    """The folder that a source file belongs to: a floor, or an adapter folder with its inner rooms."""
    floor, *below = path.relative_to(ROOT).parts[:-1]
    return ".".join(("authsteps", floor, *below[:1]))


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "adapters" / "terminal").glob("*.py")), *sorted((ROOT / "examples").glob("*.py"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_the_command_and_the_examples_need_no_more_than_the_faces_offer(path: Path) -> None:
    offered = {
        "authsteps.adapters.observability",
        *(f"authsteps.flows.{name}" for name in ("effects", "events", "steps")),
    }
    own = module_of(ROOT / "adapters" / "terminal" / "__init__.py")
    modules = {module_of(source) for source in SOURCES if source.name != "__init__.py"}
    behind = {name for name in modules - offered if not name.startswith(f"{own}.")}
    assert set(imported_by(path)) & behind == set()


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_across_folders_imports_are_absolute_and_inside_a_folder_relative(path: Path) -> None:
    folder = f"{folder_of(path)}."
    package = module_of(path).split(".") if path.name == "__init__.py" else module_of(path).split(".")[:-1]
    froms = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    rising = [node for node in froms if node.level > 1]
    leaving = [
        node for node in rising if not f"{'.'.join(package[: len(package) - node.level + 1])}.".startswith(folder)
    ]
    assert [ast.unparse(node) for node in leaving] == []
    inside = [ast.unparse(node) for node in froms if node.level == 0 and f"{node.module}.".startswith(folder)]
    assert inside == []


class ClocksAndDice(ast.NodeVisitor):
    """Collects, in one file, whatever reads a clock or draws chance without being handed either."""

    MODULES = frozenset({"random", "secrets", "time"})
    NAMES = frozenset({"getrandom", "now", "today", "urandom", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7"})
    OWNERS = frozenset({"date", "datetime", "os", "uuid"})

    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Import(self, node: ast.Import) -> None:
        """``import time``."""
        self.found += [ast.unparse(node) for alias in node.names if alias.name.split(".")[0] in self.MODULES]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """``from time import monotonic``, ``from os import urandom``."""
        module = "" if node.level else str(node.module).split(".")[0]
        if module in self.MODULES or (module in self.OWNERS and self.NAMES & {alias.name for alias in node.names}):
            self.found.append(ast.unparse(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """``datetime.now``, ``datetime.datetime.now``, called or handed on."""
        owner = ast.unparse(node.value).rpartition(".")[2]
        if node.attr in self.NAMES and owner in self.OWNERS:
            self.found.append(ast.unparse(node))
        self.generic_visit(node)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_only_the_engines_system_module_reads_a_clock_or_draws_chance(path: Path) -> None:
    visitor = ClocksAndDice()
    visitor.visit(ast.parse(path.read_text("utf-8")))
    assert bool(visitor.found) == (path == ROOT / "engine" / "system.py"), visitor.found


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path, random",
        "from secrets import token_bytes",
        "from time import monotonic as tick",
        "from os import urandom",
        "from datetime import datetime\ndatetime.now(None)",
        "import datetime\nclock = datetime.datetime.utcnow",
        "import os\nos.urandom(8)",
        "from uuid import UUID, uuid4",
        "def late():\n    import uuid\n    return uuid.uuid4()",
    ],
)
def test_the_search_for_clocks_and_chance_finds_each_way_to_them(text: str) -> None:
    visitor = ClocksAndDice()
    visitor.visit(ast.parse(text))
    assert len(visitor.found) == 1
