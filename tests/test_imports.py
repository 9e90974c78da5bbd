"""Every module can be imported; imports run one way; `import course_lib` and `course --help` are quick."""
import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import course_lib.claims

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(module.name for module in pkgutil.walk_packages(course_lib.__path__, "course_lib."))
LAYERS = (  # a part imports its own layer and those above it in this list, never one below
    ("errors", "display", "files", "framed", "intervals", "lazy", "lessons", "root", "syntax", "threads", "workers"),
    ("plots", "world", "promised", "architecture", "cluster"),
    ("progress", "models"),
    ("methods.base", "quantise"),
    ("quiz", "checks", "methods", "prompting"),
    ("lesson", "rows", "training", "pretraining", "bag_of_words", "evaluation", "cost", "shifts", "weak_supervision"),
    ("distillation", "merging", "preference", "offline", "monitoring", "responsible"),
    ("experiments", "claims.claim"),
    ("claims.topics",),
    ("claims",),
    ("explore.recorded",),
    ("explore", "builder", "grading"),
    ("bench", "lab"),
    ("cli", "__init__"),
)
RANK = {part: place for place, layer in enumerate(LAYERS) for part in layer}
NO_METHOD = ("plots", "quiz", "progress", "grading", "checks", "world", "models")
HEAVY = {"torch", "transformers", "datasets", "numpy", "matplotlib", "ipywidgets", "IPython"}
PACKAGE_OF = {"sklearn": "scikit-learn", "IPython": "ipywidgets", "pyarrow": "datasets",
              "huggingface_hub": "transformers", "jinja2": "Jinja2", "markupsafe": "Jinja2",
              "rapidfuzz": "RapidFuzz"}


def imports(path: Path) -> set[str]:
    """Every module that the file names in an import, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_of(path: Path) -> str:
    """A file's dotted name below course_lib, "training.loop"; a package's is its folder's."""
    return ".".join(path.relative_to(ROOT / "course_lib").with_suffix("").parts).removesuffix(".__init__")


def part_of(module: str) -> str:
    """The part that a module belongs to: the longest name in LAYERS that it begins with; else its first name."""
    names = module.split(".")
    return next((part for n in (2, 1) if (part := ".".join(names[:n])) in RANK), names[0])


def sources() -> list[tuple[str, Path]]:
    """(the part of course_lib that a file belongs to, the file)."""
    return [(part_of(module_of(path)), path) for path in sorted((ROOT / "course_lib").rglob("*.py"))]


def parts(names: set[str]) -> set[str]:
    """The parts of course_lib among these modules."""
    return {part_of(name.removeprefix("course_lib.")) for name in names if name.startswith("course_lib.")}


def wrong_imports(part: str, names: set[str]) -> set[str]:
    """What a file of this part may not import: parts below its own, and names that hide where they come from."""
    return {other for other in parts(names) if RANK.get(other, len(LAYERS)) > RANK[part]}


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported(name):
    importlib.import_module(name)


def test_every_folder_with_code_is_a_package():
    for folder in {path.parent for _, path in sources()}:
        assert (folder / "__init__.py").exists(), folder


def test_imports_run_one_way():
    assert {part for part, _ in sources()} <= set(RANK), "give every part its place in LAYERS"
    wrong = [f"{path.relative_to(ROOT)} imports {other}" for part, path in sources()
             for other in wrong_imports(part, imports(path))]
    assert not wrong


def test_no_two_parts_need_each_other():
    needs = {part: set() for part in RANK}
    for part, path in sources():
        needs[part] |= parts(imports(path)) - {part}
    TopologicalSorter(needs).prepare()  # raises CycleError


def test_no_two_files_need_each_other():
    """Inside of a part, too; a package's names come from its files, so a file of it does not import the package."""
    files = {module_of(path): path for _, path in sources()}
    file_of = lambda name: name if name in files else name.rpartition(".")[0]  # or what the file defines
    needs = {module: {file_of(name.removeprefix("course_lib.")) for name in imports(path)
                      if name.startswith("course_lib.")} - {"", module} for module, path in files.items()}
    TopologicalSorter(needs).prepare()  # raises CycleError


def test_nothing_is_imported_by_a_string_but_public_names_and_commands():
    found = {module_of(path) for _, path in sources() for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Attribute) and node.attr in ("import_module", "__import__")}
    assert found - {"lab.doctor", "grading.watch"} == {"lazy", "cli"}  # these ask whether others' can be


@pytest.mark.parametrize("part, names, wrong", [
    ("claims", {"course_lib.bench", "course_lib.bench.rows", "course_lib.models", "torch"}, {"bench"}),
    ("world", {"course_lib.models"}, {"models"}), ("lesson", {"course_lib.claims.view", "course_lib"}, {"claims"}),
    ("cost", {"course_lib.prompting", "course_lib.evaluation"}, set()),
    ("plots", {"course_lib.progress"}, {"progress"}), ("bench", {"course_lib.load_model"}, {"load_model"}),
    ("builder", {"course_lib.lab.command", "course_lib.checks"}, {"lab"})])
def test_a_wrong_direction_would_be_found(part, names, wrong):
    assert wrong_imports(part, names) == wrong


def test_what_knows_no_method_imports_none():
    wrong = [f"{path.relative_to(ROOT)} imports {other}" for part, path in sources() if part in NO_METHOD
             for other in parts(imports(path)) & {"method", "methods"}]
    assert not wrong


def test_lessons_and_explorables_take_from_claims_what_shows_records():
    paths = [*(ROOT / "lessons").glob("[0-9]*/**/*.py"), *(ROOT / "course_lib" / "explore").rglob("*.py")]
    shows = {"view", *course_lib.claims.__all__}
    wrong = [f"{path.relative_to(ROOT)}: {name}" for path in paths for name in imports(path)
             if name.startswith("course_lib.claims.") and name.split(".")[2] not in shows]
    assert not wrong


def test_methods_never_import_each_other():
    for part, path in sources():
        if part == "methods" and path.name != "__init__.py":
            assert "methods" not in parts(imports(path)), path.name


@pytest.mark.parametrize("statement", ["import course_lib",
                                       "import course_lib.cli; course_lib.cli.main(['--help'])"])
def test_nothing_heavy_is_loaded_at_the_start(statement):
    code = f"{statement}\nimport sys; assert not {HEAVY!r} & set(sys.modules), {HEAVY!r} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_dependencies_are_declared_and_used():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {line.split(">=")[0] for line in project["dependencies"]}
    optional = project["optional-dependencies"]
    extras = {line.split(">=")[0] for name in ("lab", "build", "bench", "grade", "cluster", "drift")
              for line in optional[name]}
    used = {name.split(".")[0] for _, path in sources() for name in imports(path)}
    used = {PACKAGE_OF.get(name, name) for name in used - set(sys.stdlib_module_names) - {"course_lib"}}
    known_through_others = {"nbformat", "nbclient"}  # with jupytext and jupyterlab
    known_through_others |= {"pyreft"}  # a row of `course bench methods`, where somebody has installed it
    assert used - core - extras - known_through_others == set(), "imported, but not in pyproject.toml"
    assert core - used == set(), "in pyproject.toml, but not imported"
