"""Grades one submission's cells: the student's code in one sandbox, the reference in another, compared here.

One point a task, all or nothing. A function must be right on the inputs that ship with the task's check, where the
named wrong solutions are known to be told apart, and on fresh ones that are drawn for this student, so that answers
learned by heart are worth nothing. All that comes out of a sandbox is text that may say anything: it is bounded, read
as JSON, and its shape is looked at before it is compared.

Each submission has a sandbox of its own, though starting one (it imports torch anew) takes longer than all the rest.
A child cannot be trusted to leave nothing behind: once past the two looks at the code, it could leave names of files
or shared memory, or change what the worker of its own user may use. All that ends with the sandbox, so it can harm or
help no other student. What is saved is elsewhere: a cell that may not run starts none, and `reference_worker` stays.
"""
import atexit
import hashlib
import json
import random
from dataclasses import asdict, dataclass
from functools import lru_cache

from course_lib.builder.tasks import Task
from course_lib.checks.store import load_task_data
from course_lib.errors import CourseError
from course_lib.grading import allowed
from course_lib.grading.answers import Seen
from course_lib.grading.judging import judge
from course_lib.grading.results import OUT_OF, Mark
from course_lib.grading.sandbox import Worker

STEP = 840             # fresh seeds begin at a multiple of it: draws choose by seed % 2 … 8, and each case shall come
REFERENCE_SECONDS = 120
GRACE = 30             # seconds more than a task may take, for a worker on a busy computer


@dataclass(frozen=True)
class Limits:
    """What one task's code may use: seconds for a call, for all, of the processor; bytes of memory and of answers."""
    call: float = 20
    task: float = 60
    cpu: int = 40
    memory: int = 2**30
    bytes: int = 8 * 2**20


def grade_cells(student: str, cells: dict[str, str], tasks: dict[str, Task], seed: int, unsafe: bool = False,
                worker: Worker | None = None, limits: Limits = Limits()) -> tuple[Mark, ...]:
    """The marks of all `tasks`, in the order of their ids. `cells`: task id -> source of the student's cell.

    `worker`: use this one, and leave it open; else one is started for these cells alone. unsafe: without a sandbox.
    Raises CourseError where this computer cannot grade, never because of what a cell holds.
    """
    own, marks = worker, []
    try:
        for id, task in sorted(tasks.items()):
            if id not in cells:
                marks.append(Mark(id, task.name, 0.0, OUT_OF, "missing",
                                  f"There is no cell that begins with '# task {id}: {task.name}'."))
            elif not_allowed := allowed.read(cells[id]):
                marks.append(Mark(id, task.name, 0.0, OUT_OF, *not_allowed,
                                  source=cells[id][:allowed.MOST_SOURCE]))
            else:
                if own is None or not own.alive:
                    own = Worker(unsafe)
                marks.append(grade_task(id, student, cells[id], task, seed, unsafe, own, limits))
    finally:
        if own is not None and own is not worker:
            own.close()
    return tuple(marks)


def grade_task(id: str, student: str, source: str, task: Task, seed: int, unsafe: bool, worker: Worker,
               limits: Limits) -> Mark:
    """The mark of one cell that may run. The task's own code never runs here, which would import torch, too."""
    data = shipped(id, task)
    inputs, expected = fresh(id, task, first_seed(seed, student, id), unsafe)
    inputs, expected = data["inputs"] + inputs, data["expected"] + expected
    order = list(range(len(inputs)))
    random.Random(first_seed(seed, student, f"{id} order")).shuffle(order)
    answer = worker.ask({"kind": "student", "source": source, "name": task.name, "probe": data["probe"],
                         "gradients": data["gradients"], "inputs": [inputs[place] for place in order],
                         "limits": asdict(limits)}, limits.task + GRACE)
    seen = Seen.read(answer, len(inputs))
    outcomes = {order[number]: outcome for number, outcome in seen.outcomes.items()}
    verdict, reason, *more = judge(data, expected, outcomes, seen)
    return Mark(id, task.name, OUT_OF * (verdict == "right"), OUT_OF, verdict, reason, *more, source=source,
                seconds=seen.seconds)


@lru_cache(maxsize=None)
def shipped(id: str, task: Task) -> dict:
    """The data of the task's check, if they are those of this task."""
    data = load_task_data(id)
    if data["file"] != task.digest:
        raise CourseError(f"The data of task {id}'s check are not those of {task.path}. Run 'course build' first.")
    return data


def first_seed(seed: int, student: str, task_id: str) -> int:
    """The first seed of a student's fresh draws: a multiple of STEP, which nobody knows who does not know `seed`."""
    digest = hashlib.sha256(json.dumps([seed, student, task_id]).encode()).digest()
    return int.from_bytes(digest[:6]) // STEP * STEP + STEP


@lru_cache(maxsize=64)  # for the self-check, which asks again and again; no two students share a draw
def fresh(id: str, task: Task, first: int, unsafe: bool) -> tuple[list, list]:
    """As many inputs as ship, drawn with seeds from `first` on, and what the reference makes of them elsewhere."""
    data = shipped(id, task)
    job = {"kind": "reference", "checks": task.checks, "reference": task.reference, "name": task.name,
           "gradients": data["gradients"], "seeds": list(range(first, first + len(data["inputs"])))}
    answer = reference_worker(unsafe).ask(job, REFERENCE_SECONDS)
    if answer is None:
        raise CourseError(f"{task.path}: the reference gives nothing on the draws from seed {first} on.")
    return answer["inputs"], answer["expected"]


REFERENCES: dict[bool, Worker] = {}


def reference_worker(unsafe: bool) -> Worker:
    """This process's worker for references, which never meets a submission."""
    if unsafe not in REFERENCES or not REFERENCES[unsafe].alive:
        REFERENCES[unsafe] = Worker(unsafe)
        atexit.register(REFERENCES[unsafe].__exit__)
    return REFERENCES[unsafe]
