"""`course grade`: grades what a class handed in, each task in a sandbox, and keeps every result."""
import secrets
from dataclasses import replace
from pathlib import Path

from course_lib.builder.plan import lesson_folders
from course_lib.builder.tasks import Task, read_tasks
from course_lib.display import columns
from course_lib.errors import LARGEST_SEED, CourseError, shown, unknown, whole_number
from course_lib.files import user_path, write_text
from course_lib.grading import demo, doctor
from course_lib.grading.changes import COLUMNS, changed, read_changes
from course_lib.grading.class_page import write_class
from course_lib.grading.engine import grade_cells
from course_lib.grading.gradebook import fill_gradebook, opened, remove_filled
from course_lib.grading.grades import write_grades
from course_lib.grading.log import note
from course_lib.grading.one import Settings, code_digest, none_of
from course_lib.grading.options import parser, read_options
from course_lib.grading.pages import write_feedback
from course_lib.grading.report import lists
from course_lib.grading.results import Graded
from course_lib.grading.roster import absent_and_unknown, read_roster
from course_lib.grading.run import grade_all, others
from course_lib.grading.selfcheck import check_or_recall
from course_lib.grading.submissions import find, slug
from course_lib.progress import Event
from course_lib.progress.exchange import read_export
from course_lib.root import find_root

NOTHING = "Nothing was handed in."


def chosen_tasks(only: list[str]) -> dict[str, Task]:
    """The tasks of these lessons ("06") and of these ids ("06.2"); all, where `only` is empty."""
    asked = {wanted.split(".")[0] for wanted in only}
    folders = [folder for folder in lesson_folders(find_root("lessons")) if not only or folder.name[:2] in asked]
    tasks = {id: replace(task) for folder in folders for id, task in read_tasks(folder).items()}
    for wanted in only:
        if wanted not in tasks and wanted not in {id.split(".")[0] for id in tasks}:
            known = chosen_tasks([])
            raise unknown("task or lesson", wanted, sorted({*known, *(id.split(".")[0] for id in known)}))
    return {id: task for id, task in tasks.items() if not only or {id, id.split(".")[0]} & set(only)}


def read_progress(given: str | None) -> tuple[list[list[Event]], list[str]]:
    """What the students' progress files in this folder hold, and the names of those that are none.

    Files that share an entry are of one student, who would count twice: they are taken together, and named.
    """
    if given is None:
        return [], []
    folder = user_path(given)
    if not folder.is_dir():
        raise CourseError(f"{folder}: there is no such folder. Give the one with the students' progress files.")
    found, problems = [], []
    for path in sorted(folder.rglob("*.json")):
        try:
            events = {event.uid: event for event in read_export(path)}
        except CourseError:  # `course progress import` says what is wrong with it
            problems.append(f"{path.relative_to(folder)}: no progress file as the course writes it")
            continue
        same = [one for one in found if one.keys() & events.keys()]
        if same:
            problems.append(f"{path.relative_to(folder)}: it shares entries with another file, and counts with it as "
                            "one student's")
        found = [one for one in found if one not in same]
        found.append({uid: event for one in (*same, events) for uid, event in one.items()})
    return [list(one.values()) for one in found], problems


def seed_of(out: Path, given: int | None, resume: bool) -> int:
    """The seed of this class: `given`, else the one kept in OUT/seed, else a fresh one; it is kept there."""
    path = out / "seed"
    if path.exists() and (given is None or resume):
        try:
            kept = int(path.read_text(encoding="utf-8"))
        except ValueError:
            raise CourseError(f"{path} holds no number. Name the seed: --seed N, without --resume.") from None
        if given not in (None, kept):
            raise CourseError(f"{out} was graded with --seed {kept}, and --seed {given} would grade all again. Leave "
                              "--seed or --resume away.")
        given = kept
    seed = whole_number("--seed", secrets.randbelow(LARGEST_SEED) if given is None else given, 0, LARGEST_SEED)
    write_text(path, f"{seed}\n")
    return seed


def main(argv: list[str]) -> int:
    """0: all were graded; 1: some could not be read or graded; 2 (CourseError): it was refused, or stopped before the
    end. What was graded until then is kept."""
    if argv == ["--doctor"]:
        print(report := doctor.report())
        return 0 if report.startswith(doctor.READY) else 1
    if "--demo" in argv:
        return demo.main(argv, chosen_tasks([demo.LESSON]), main)
    chosen = read_options(parser(), argv)
    jobs = whole_number("--jobs", chosen.jobs, 1)
    source, out = user_path(chosen.submissions).resolve(), user_path(chosen.out).resolve()
    if out == source or source in out.parents:
        raise CourseError(f"{out} lies in the submissions. Choose a folder elsewhere for --out.")
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file. Choose a folder for --out.")
    tasks = chosen_tasks(chosen.only)
    roster = read_roster(chosen.roster) if chosen.roster is not None else None
    if chosen.gradebook is not None:
        opened(user_path(chosen.gradebook), chosen.column, out)  # or it would be refused after an hour
    exports, unread = read_progress(chosen.progress)
    submissions, aside = find(source, [folder.name for folder in lesson_folders(find_root("lessons"))])
    students = [one.student for one in submissions]
    absent, strangers = absent_and_unknown(roster, students) if roster is not None else ([], [])
    changes = read_changes({kind: getattr(chosen, kind) for kind in COLUMNS}, [*students, *absent], tasks)
    left = others(out, students, tasks)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(f"{error.filename}: {error.strerror}. Choose another folder for --out.") from None
    seed = seed_of(out, chosen.seed, chosen.resume)
    settings = Settings(tasks, seed, grade_cells, chosen.unsafe_no_sandbox, code_digest())
    if chosen.dask is None:
        print("Looking whether this computer grades the reference, the stubs and every known mistake as it must ...")
        cells, known = check_or_recall(settings, out / "selfcheck", chosen.resume)
        print(f"It {'did, and nothing has changed' if known else 'does'}: {cells} cells.")
    else:
        print("Each worker looks first whether it grades the reference, the stubs and every known mistake as it must.")
    results, kept = grade_all(submissions, settings, out, jobs, chosen.resume, chosen.dask)
    unreadable = [f"{one.student}: {problem}" for one in results if one.digest for problem in one.problems]
    stopped = [f"{one.student}: {problem}" for one in results if not one.digest for problem in one.problems]
    damaged = sum(bool(one.digest and one.problems) for one in results)
    ungraded = sum(not one.digest for one in results)
    results += [Graded(name, (), "", settings.seed, settings.unsafe, (), none_of(tasks, "missing", NOTHING))
                for name in absent]
    results, records = changed(results, changes)
    noted, withdrawn = note(records, out / "changes.log")
    stale = remove_filled(out)
    write_grades(results, out / "grades.csv")
    (out / "feedback").mkdir(exist_ok=True)
    for one in results:
        write_feedback(one, out / "feedback" / f"{slug(one.student)}.html")
    everybodys = {id: (task.stub, task.reference, *(wrong.source for wrong in task.wrong))
                  for id, task in tasks.items()}
    write_class(results, out / "class.html", everybodys, exports)
    filled = fill_gradebook(results, chosen.gradebook, out, chosen.column) if chosen.gradebook is not None else None
    said = lists({
        "Could not be read": unreadable,
        "Not graded, because the grader stopped (--resume tries again)": stopped,
        "Progress files": unread,
        "Handed in nothing": absent,
        "Late, says Canvas (points come off by --late alone)": [one.student for one in submissions if one.late],
        "Not in the roster, graded all the same": strangers,
        "Left aside, nobody's": aside,
        "Graded before, not among these submissions, and not in grades.csv": left,
        "Changes of earlier runs that are not made any more (name their files again, if they are meant)":
            [f"{one['student']} {one['task']}: {one['reason']} ({one['file']})" for one in withdrawn],
        "To look at in the export (a row for --overrides fills what is open)": filled.problems if filled else ()})
    if said:
        print(said)
    figures = {"submissions": len(submissions), "graded now": len(submissions) - kept - ungraded, "kept": kept,
               "not graded": ungraded, "could not be read": damaged, "grades": out / "grades.csv",
               "feedback": out / "feedback", "the class": out / "class.html", "each result": out / "results"}
    print(*columns((f"  {name}", str(figure)) for name, figure in figures.items()), sep="\n")
    if records:
        print(f"Points were changed {len(records)} times after the grading, {len(noted)} of them new: "
              f"{out / 'changes.log'}")
    if filled:
        print(f"{filled.kind}'s export is filled in, column {shown(filled.column)}: {filled.path}")
        if filled.absent:
            print(f"Students of the export who are not graded here, and whose cells are as they were: {filled.absent}.")
        if filled.replaced:
            print(f"{filled.replaced} grades that stood in the export are others now.")
    for path in stale:
        if filled is None or path != filled.path:
            print(f"Removed, for it held the grades of an earlier run: {path}")
    if settings.unsafe:
        print("Graded WITHOUT a sandbox: what ran could do whatever you can, and could change its own marks.")
    return 1 if damaged or ungraded else 0
