"""`course release`: what students get, without solutions, tests and what only instructors and maintainers need."""
import argparse
import hashlib
import io
import shutil
import subprocess
import tomllib
import uuid
import zipfile
from collections import Counter
from pathlib import Path

from course_lib.builder.leaks import leaks
from course_lib.builder.record import read_record
from course_lib.errors import CourseError
from course_lib.files import user_path, write_bytes
from course_lib.root import find_root

TOP = ("LICENSE", "LICENSE-text", "Makefile", "constraints.txt", "constraints-colab.txt", "environment.yml",
       "pyproject.toml")
README = "docs/README-students.md"  # README.md in the release
WITHHELD = ("builder", "grading", "bench/grading.py")   # parts of course_lib: students need none of them
A_TIME = (1980, 1, 1, 0, 0, 0)      # of every file in the zip: the first that a zip can hold


def given_files(root: Path) -> dict[str, Path]:
    """{path in the release: the file of the repository `root` that stands there}, sorted.

    Of the package, what its installation has: modules, and the data that pyproject.toml names.
    """
    data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    package = root / "course_lib"
    found = [path for glob in ("**/*.py", *data["course_lib"]) for path in package.glob(glob)]
    found = [path for path in found if not hidden(path.relative_to(root))
             and not any(path.is_relative_to(package / part) for part in WITHHELD)]
    found += [path for folder in ("notebooks", "exercises") for path in (root / folder).glob("*.ipynb")]
    given = {path.relative_to(root).as_posix(): path for path in found} | {name: root / name for name in TOP}
    return dict(sorted({**given, "README.md": root / README}.items()))


def hidden(path: Path) -> bool:
    """Whether it lies in a folder of some tool, such as .ipynb_checkpoints."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def refuse_changes(root: Path, files: list[Path]) -> bool:
    """Raise CourseError where something is not committed; False where there is no git to ask."""
    if not (root / ".git").exists():
        return False

    def ask(*question: str) -> list[str]:
        try:
            said = subprocess.run(["git", *question, "-z"], cwd=root, capture_output=True, encoding="utf-8", check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            why = (getattr(error, "stderr", "") or str(error)).strip()
            raise CourseError(f"{root}: git cannot say whether everything is committed: {why}") from None
        return [line for line in said.stdout.split("\0") if line]

    tracked = set(ask("ls-files"))
    changed = ask("status", "--porcelain")
    changed += [f"?? {name}" for name in (file.relative_to(root).as_posix() for file in files) if name not in tracked]
    if changed:
        raise CourseError("a release is made of what is committed, and this is not. Commit it, or put it away "
                          "(git stash), and try again:\n  " + "\n  ".join(changed))
    return True


def refuse_stale(root: Path) -> None:
    """Raise CourseError where a built file is not what its source makes, as `course build --check` finds it."""
    from course_lib.builder.audit import audit
    from course_lib.builder.plan import make_plan

    if findings := audit(root, make_plan(root), read_record(root)):
        raise CourseError("what is built is not as its sources make it:\n  " + "\n  ".join(findings))


def refuse_leaks(root: Path, content: dict[str, bytes]) -> None:
    """Raise CourseError where the text of an answer, right or wrong, stands in what students get."""
    from course_lib.builder.plan import lesson_folders
    from course_lib.builder.tasks import read_tasks

    tasks = [task for folder in lesson_folders(root) for task in read_tasks(folder).values()]
    if found := leaks(content, tasks):
        raise CourseError("students would get the text of an answer. Write it in another way there, or ask for "
                          "something else in the task:\n  " + "\n  ".join(found))


def refuse_folder(out: Path, archive: Path | None) -> None:
    """Raise CourseError where there is something already."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CourseError(f"{out} is there and not empty. Nothing was written. Name a new folder.")
    if archive and archive.exists():
        raise CourseError(f"{archive} is there. Nothing was written. Move it away, or name another folder.")


def write_folder(content: dict[str, bytes], out: Path) -> None:
    """Write all files beside `out`, then take its place: nobody ever sees half a release."""
    beside = out.with_name(f".{uuid.uuid4().hex}.part")
    try:
        for name, data in content.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(data)
        if out.exists():
            out.rmdir()  # an empty one
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def zipped(content: dict[str, bytes], folder: str) -> bytes:
    """The zip of a folder with these files; the same files give the same bytes."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", A_TIME)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as on Linux, wherever this runs
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return memory.getvalue()


def digest(content: dict[str, bytes]) -> str:
    """SHA-256 of the list of all files, as `find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` has it."""
    rows = [f"{hashlib.sha256(content[name]).hexdigest()}  {name}\n" for name in sorted(content)]
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def release(root: Path, out: Path, archive: Path | None = None) -> list[str]:
    """Write the release to the folder `out`, and as a zip to `archive`; say what it holds, a line each.

    Raises CourseError where `out` is not empty, something is not committed or stale, or an answer would get out.
    """
    refuse_folder(out, archive)
    files = given_files(root)
    if missing := [path.relative_to(root).as_posix() for path in files.values() if not path.is_file()]:
        raise CourseError(f"{root} lacks {', '.join(missing)}.")
    committed = refuse_changes(root, list(files.values()))
    refuse_stale(root)
    content = {name: path.read_bytes() for name, path in files.items()}
    refuse_leaks(root, content)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_folder(content, out)
        if archive:
            write_bytes(archive, data := zipped(content, out.name))
    except OSError as error:
        raise CourseError(f"{error.filename or out}: {error.strerror}. Name another folder.") from None
    counts = Counter(name.partition("/")[0] if "/" in name else "beside them" for name in content)
    said = [f"{count:>5} files  {place}" for place, count in counts.items()]
    said += [f"{len(content):>5} files, {sum(map(len, content.values())) / 1e6:.1f} MB, in {out}",
             f"sha256 of the list of files: {digest(content)}"]
    if archive:
        said += [f"{archive}: {len(data) / 1e6:.1f} MB", f"sha256 of the zip: {hashlib.sha256(data).hexdigest()}"]
    if not committed:
        said += ["There is no git here, so nobody looked whether a file was changed by hand."]
    return said


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="course release", description="Write what students get to a new folder: "
                                     "notebooks, exercises and the package, without solutions and tests. Refused "
                                     "where something is not committed or not built anew.")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder to make")
    parser.add_argument("--zip", action="store_true", help="write DIR.zip, too")
    return parser


def main(argv: list[str]) -> int:
    """0: written; a release that must not be made raises CourseError."""
    options = parser().parse_args(argv)
    out = user_path(options.out).absolute()
    print("Looking at what is built, and for answers in it: half a minute ...", flush=True)
    print(*release(find_root("lessons"), out, out.with_name(f"{out.name}.zip") if options.zip else None), sep="\n")
    return 0
