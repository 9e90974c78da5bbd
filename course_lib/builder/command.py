"""`course build`: lessons/ -> notebooks, exercises, solutions and the data of the public checks."""
import argparse
from pathlib import Path

from course_lib.builder.record import digest, digest_of, edited, present, read_record, write_record
from course_lib.errors import CourseError, unknown
from course_lib.files import write_text
from course_lib.root import find_root


def build(root: Path, overwrite: tuple[str, ...] = (), lessons: tuple[str, ...] = ()) -> list[str]:
    """Write what has changed, of these lessons or of all, and return its paths.

    At somebody's edits: CourseError, and nothing is written. `overwrite` names the files (from the root) that may be
    replaced although somebody edited them.
    """
    from course_lib.builder.length import lengths, lesson_cells, promises
    from course_lib.builder.plan import make_plan
    from course_lib.builder.ran import Ran

    ran = Ran(root)
    plan, record = make_plan(root, lessons, ran), read_record(root)
    if others := [path for path in overwrite if path not in plan.outputs]:
        raise CourseError(f"--overwrite {others[0]}: the build makes no such file. It makes: "
                          f"{', '.join(sorted(plan.outputs)) or 'nothing'}.")
    fresh = {path: digest(text.encode("utf-8")) for path, text in plan.outputs.items()}
    changed = [path for path in plan.outputs if digest_of(root, path) != fresh[path]]
    gone = [path for path in present(root) if path not in plan.outputs and not lessons]
    refused = [path for path in changed + gone if edited(root, path, record) and path not in overwrite]
    if refused:
        raise CourseError(refusal(refused, plan.outputs))
    for path in gone:
        (root / path).unlink()
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_text(root / path, plan.outputs[path])
    if record != (now := record | fresh if lessons else fresh):
        write_record(root, now)
    for path, task in plan.data.items():
        ran.note(task, path)
    ran.write()
    for path, text in promises(root, lengths(root, lesson_cells(root, plan.outputs))).items():
        if digest_of(root, path) != digest(text.encode("utf-8")):
            write_text(root / path, text)
            changed.append(path)
    return changed + gone


def refusal(refused: list[str], outputs: dict[str, str]) -> str:
    """What to do about files that the build did not write."""
    lines = ["these files are not what the build wrote last, so somebody's edits may be in them. "
             "Nothing was written."]
    for path in refused:
        if path in outputs:
            lines.append(f"  {path}: move the edits to its source in lessons/, then: "
                         f"course build --overwrite {path}")
        else:
            lines.append(f"  {path}: no source in lessons/ makes it; move it elsewhere or delete it")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="course build", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="such as 06: these lessons alone")
    parser.add_argument("--check", action="store_true", help="write nothing; list what is hand-edited, left "
                        "behind, stale or run, and figures typed into text; exit code 1 where there is any")
    parser.add_argument("--overwrite", metavar="FILE", action="append", default=[],
                        help="replace this file although somebody edited it (may be given several times)")
    parser.add_argument("--mutants", metavar="NN", action="append", default=[],
                        help="write nothing; change the references of the tasks of lesson NN, or of the task NN.M, and "
                        "list the changes that the checks do not notice; exit code 1 where there is any")
    return parser


def show_mutants(root: Path, wanted: list[str]) -> int:
    """A line for every task of the wanted lessons or tasks; 1 where something is to mend."""
    from course_lib.builder.mutants import try_mutants
    from course_lib.builder.plan import lesson_folders
    from course_lib.builder.tasks import read_fill_ins, read_tasks

    tasks = {key: task for folder in lesson_folders(root)
             for key, task in (read_tasks(folder) | read_fill_ins(folder)).items()}
    good = True
    for one in wanted:
        if not (keys := [key for key in tasks if key == one or key.startswith(f"{one}.")]):
            raise unknown("lesson or task", one, sorted({*tasks, *(key[:2] for key in tasks)}))
        for key in keys:
            report = try_mutants(tasks[key])
            good = report.good and good
            print(*report.lines(), sep="\n", flush=True)
    return 0 if good else 1


def main(argv: list[str]) -> int:
    """0: done; 1: --check found something; bad sources raise CourseError."""
    options = parser().parse_args(argv)
    root = find_root("lessons")
    if options.mutants:
        return show_mutants(root, options.mutants)
    if options.check and options.lessons:
        raise CourseError("--check looks at all lessons; name none.")
    if options.check:
        from course_lib.builder.audit import audit
        from course_lib.builder.plan import make_plan

        plan = make_plan(root)
        findings = audit(root, plan, read_record(root))
        print(*findings, sep="\n", end="\n" if findings else "")
        print(f"{len(findings)} to mend." if findings else f"All {len(plan.outputs)} files are as built.")
        return 1 if findings else 0
    for path in (changed := build(root, tuple(options.overwrite), tuple(options.lessons))):
        print(("wrote   " if (root / path).exists() else "deleted ") + path)
    print(f"{len(changed)} files changed." if changed else "Everything is up to date.")
    if options.lessons:
        from course_lib.builder.length import lengths, lesson_cells

        measured = lengths(root, lesson_cells(root, {}))
        print(*(f"{one}: {measured[one]}." for one in options.lessons if one in measured), sep="\n")
    return 0
