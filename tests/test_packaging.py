"""What goes out of the house: the wheel and the source archive, what they say of themselves, and what they need.

The archives are built offline, by the setuptools of this environment, from a copy of the checkout without its history.
"""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
FLOORS = ("engine", "flows", "adapters")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
DATA = sorted(path for floor in FLOORS for end in ("cjs", "html", "toml") for path in (ROOT / floor).rglob(f"*.{end}"))
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = CONFIG["project"]
DEPENDENCIES: list[Requirement] = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OPTIONAL: list[Requirement] = [
    Requirement(text) for extra in ("dot", "keyring", "senders", "server") for text in EXTRAS[extra]
]
"""What a user may install beside. The other extras are for development."""

MODULES_OF = {
    "aiobotocore": {"aiobotocore", "aiohttp", "botocore"},  # it alone decides which releases of the other two fit
    "attrs": {"attr", "attrs"},
    "aws-encryption-sdk": {"aws_encryption_sdk"},
}
"""The modules that come with a distribution, where they are not one module of the same name."""

NOT_IMPORTED = {"cryptography"}  # joserfc signs with it; named so that the oldest release is our choice


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive of this checkout and the wheel that was built from it."""
    checkout = tmp_path_factory.mktemp("checkout") / "authsteps"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, checkout, ignore=unwanted)
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(built)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603  # our own interpreter and words
    assert done.returncode == 0, done.stdout + done.stderr
    return built


@pytest.fixture(scope="module")
def wheel(archives: Path) -> zipfile.ZipFile:
    """The wheel."""
    (path,) = archives.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def described(wheel: zipfile.ZipFile) -> Message:
    """What the wheel says of itself."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return HeaderParser().parsestr(wheel.read(name).decode())


def sources_on_disk() -> set[str]:
    """Every file that a user of the package needs, as a path from the root."""
    typed = [ROOT / floor / "py.typed" for floor in FLOORS]
    return {path.relative_to(ROOT).as_posix() for path in [*SOURCES, *DATA, *typed]}


def pins(name: str) -> dict[str, Version]:
    """The releases that a constraints file names."""
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(line.partition("==")[0]): Version(line.partition("==")[2]) for line in lines}


def tracked_files() -> list[Path]:
    """The files that belong to the project, those not yet committed included."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no checkout: git alone knows which files belong to it")
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603  # found on the path just now
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def imported_by(paths: list[Path]) -> set[str]:
    """The top-level modules from outside the standard library and the project that these files import."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"authsteps", "benchmarks", "examples", "tests"}


def modules_of(requirement: Requirement) -> set[str]:
    """The modules that a requirement brings."""
    name = canonicalize_name(requirement.name)
    return MODULES_OF.get(name, {name.replace("-", "_")})


def needed_by(requirements: list[str]) -> set[str]:
    """The distributions of this environment that these requirements need, and those that they need in turn."""
    needed: set[str] = set()
    asked: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        own = name == PROJECT["name"]
        for extra in {"", *requirement.extras}:
            if (name, extra) in asked or (own and not extra):
                continue
            asked.add((name, extra))
            texts = EXTRAS[extra] if own else (metadata.requires(name) or [])
            further = [Requirement(text) for text in texts]
            waiting += [each for each in further if each.marker is None or each.marker.evaluate({"extra": extra})]
        needed |= set() if own else {name}
    return needed


class TestTheWheel:
    def test_holds_the_sources_under_the_package_s_name_and_nothing_else(self, wheel: zipfile.ZipFile) -> None:
        about = f"authsteps-{PROJECT['version']}.dist-info/"
        assert {name for name in wheel.namelist() if not name.startswith(about)} == {
            f"authsteps/{name}" for name in sources_on_disk()
        }

    def test_leaves_the_name_itself_open_to_other_distributions(self, wheel: zipfile.ZipFile) -> None:
        assert "authsteps/__init__.py" not in wheel.namelist()

    def test_carries_the_licence(self, wheel: zipfile.ZipFile, described: Message) -> None:
        (name,) = (name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
        assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()
        assert described["License-Expression"] == "Apache-2.0"

    def test_asks_for_the_python_and_the_libraries_that_pyproject_names(self, described: Message) -> None:
        asked = {str(Requirement(text)) for text in described.get_all("Requires-Dist", []) if "extra ==" not in text}
        assert asked == {str(requirement) for requirement in DEPENDENCIES}
        assert described["Requires-Python"] == PROJECT["requires-python"]

    def test_brings_the_command(self, wheel: zipfile.ZipFile) -> None:
        (name,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
        assert wheel.read(name).decode().split() == [
            "[console_scripts]",
            "authsteps",
            "=",
            PROJECT["scripts"]["authsteps"],
        ]


def test_the_source_archive_holds_all_that_a_build_and_a_reader_need(archives: Path) -> None:
    (path,) = archives.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert names >= sources_on_disk() | {"pyproject.toml", "README.md", "LICENSE"}


def test_the_command_leads_to_a_function() -> None:
    for target in PROJECT["scripts"].values():
        module, _, name = target.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


def test_the_named_packages_are_the_folders_that_hold_python_files() -> None:
    folders = {path.parent.relative_to(ROOT) for path in SOURCES}
    assert set(CONFIG["tool"]["setuptools"]["packages"]) == {".".join(("authsteps", *each.parts)) for each in folders}


def test_every_dependency_has_a_lower_bound_and_no_upper_one() -> None:
    for requirement in [*DEPENDENCIES, *OPTIONAL]:
        assert [specifier.operator for specifier in requirement.specifier] == [">="], requirement


def test_what_the_package_imports_is_what_it_declares() -> None:
    imported = imported_by(SOURCES)
    unused = [str(each) for each in DEPENDENCIES if not modules_of(each) & imported and each.name not in NOT_IMPORTED]
    undeclared = imported - {module for each in [*DEPENDENCIES, *OPTIONAL] for module in modules_of(each)}
    assert (unused, undeclared) == ([], set())


def test_what_tests_benchmarks_and_examples_import_is_declared_for_development() -> None:
    paths = [path for folder in ("tests", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")]
    names = needed_by([*PROJECT["dependencies"], "authsteps[dev]"])
    owners_of = metadata.packages_distributions()
    provided = {module for module, owners in owners_of.items() if names & {canonicalize_name(each) for each in owners}}
    assert imported_by(paths) - provided == set()


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_a_constraints_file_holds_names_and_releases_and_nothing_else(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []
    assert len(pins(name)) == sum(not line.startswith("#") for line in lines)


def test_all_that_development_needs_is_installed_as_pinned() -> None:
    needed = needed_by([*PROJECT["dependencies"], "authsteps[dev]"])
    pinned = pins("constraints.txt")
    assert {name: Version(metadata.version(name)) for name in needed} == {name: pinned.get(name) for name in needed}


def test_the_lowest_pins_are_the_lower_bounds() -> None:
    lowest = pins("constraints-lowest.txt")
    build: list[str] = CONFIG["build-system"]["requires"]
    for requirement in [*DEPENDENCIES, *OPTIONAL, *map(Requirement, build)]:
        (bound,) = requirement.specifier
        assert lowest[canonicalize_name(requirement.name)] == Version(bound.version), requirement


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"(?<![\w./:}$-])/(?:home|root|tmp|Users|work)/\w", id="a path of one machine"),
        pytest.param(r"(?:py[p]i|python[h]osted|npm[j]s)\.(?:org|com)", id="a host of an index"),
        pytest.param(r"--(?:extra-)?index-url|--find[-]links", id="the choice of an index"),
    ],
)
def test_no_file_of_the_project_names(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked_files()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert found == []
