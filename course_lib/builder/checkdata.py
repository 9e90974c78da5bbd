"""The data of a task's public check: drawn inputs, what is expected, what each wrong solution gives."""
import ast
import json

from course_lib.builder.branches import branches
from course_lib.builder.tasks import Task
from course_lib.checks.compare import greatest, holds_floats, same
from course_lib.checks.outcomes import decode, encode, untuple
from course_lib.checks.probing import gradients_of_call
from course_lib.checks.run import outcome_of
from course_lib.errors import CourseError

ROUNDED = 1e-6  # an input that is off by no more was drawn the same, and rounded otherwise
GREATEST = 1000  # beside a larger number the small ones of a tensor are not compared
MARGIN = 10    # outcomes that lie closer than this many tolerances cannot be told apart


def check_data(task: Task) -> dict:
    """What ships as course_lib/checks/data/ID.json. Raises CourseError where a check could not work."""
    settings = task.settings
    inputs = [{key: encode(value) for key, value in task.draw(seed).items()} for seed in task.seeds]
    learn = learning_inputs(task, inputs)

    def outcomes(source: str, file: str | None = None) -> list:
        return outcomes_of(task, task.function(source, file), inputs, learn)

    with branches(task) as file:
        expected = outcomes(task.reference, file)

    data = {
        "task": task.id,
        "name": task.name,
        "tolerance": settings["TOLERANCE"],
        "file": task.digest,
        "probe": probe_source(task) if "probe" in settings else None,
        "gradients": learn,
        "inputs": inputs,
        "expected": expected,
        "wrong": [{"name": wrong.name, "message": wrong.message, "outcomes": outcomes(wrong.source)}
                  for wrong in task.wrong],
    }
    refuse_useless(task, data, outcomes(task.stub))
    return data


def fill_in_data(task: Task) -> dict:
    """What ships of a fill-in as course_lib/checks/fill_ins/ID.json: its check, its hint, and the course's own code."""
    return {**check_data(task), "hint": task.hint, "solution": task.reference}


def probe_source(task: Task) -> str:
    """What of the cell `checks` the probe needs: not `draw`, for a grader draws with it what no student has seen."""
    lines, parts, needed, kept = task.checks.splitlines(), ast.parse(task.checks).body, {"probe"}, []
    while more := [part for part in parts if part not in kept and bound_names(part) & needed]:
        kept += more
        needed |= {node.id for part in more for node in ast.walk(part) if isinstance(node, ast.Name)}
    if any("draw" in bound_names(part) for part in kept):
        raise CourseError(f"{task.path}: probe uses draw, which must not reach the students. Let both use a third.")
    return "\n\n\n".join("\n".join(lines[part.lineno - 1:part.end_lineno]) for part in parts if part in kept) + "\n"


def bound_names(statement: ast.stmt) -> set[str]:
    """The names that a statement of a cell defines."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def outcomes_of(task: Task, function, inputs: list[dict], learn: list[str]) -> list:
    """What the check sees of this function on each of the (encoded) inputs."""
    calls = ({key: decode(value) for key, value in one.items()} for one in inputs)
    return [outcome_of(function, call, task.settings.get("probe"), learn=learn) for call in calls]


def learning_inputs(task: Task, inputs: list[dict]) -> list[str]:
    """The inputs to which the reference's result carries gradients; a probe looks at gradients itself."""
    wanted = task.settings.get("GRADIENTS")
    if "probe" in task.settings or wanted == ():
        return []
    function, found = task.function(task.reference), set()
    for one in inputs:
        reached = gradients_of_call(function, {key: decode(value) for key, value in one.items()})
        found |= {name for name, length in reached.items() if length is not None}
    if wanted and (lost := [name for name in wanted if name not in found]):
        raise CourseError(f"{task.path}: GRADIENTS names {lost[0]!r}, and the reference carries no gradient to it.")
    return [name for name in inputs[0] if name in (wanted or found)]


def refuse_useless(task: Task, data: dict, stub: list) -> None:
    """Raise CourseError where the reference fails, the stub does not, or outcomes cannot be told apart."""
    if '{"object": ' in json.dumps(data["expected"]):
        raise CourseError(f"{task.path}: the reference's outcome is no JSON; give the task a probe "
                          f"({data['expected']}).")
    if any(one != {"raises": "NotImplementedError"} for one in stub):
        raise CourseError(f"{task.path}: the stub must raise NotImplementedError on every input; "
                          f"it gave {stub}.")
    margin = MARGIN * data["tolerance"]
    told = {"the reference": data["expected"]}
    for wrong in data["wrong"]:
        for name, outcomes in told.items():
            if same(wrong["outcomes"], outcomes, margin):
                raise CourseError(f"{task.path}: 'wrong {wrong['name']}' gives the same as {name} on the "
                                  "drawn inputs. Draw inputs that tell them apart.")
        told[f"'wrong {wrong['name']}'"] = wrong["outcomes"]
    if (most := greatest(data["expected"])) > GREATEST:
        raise CourseError(f"{task.path}: the reference's outcome holds the number {most:g}. Floats of a tensor are "
                          f"compared by its largest number, so beside one above {GREATEST:g} the small ones could be "
                          "anything. Draw smaller inputs, or let a probe leave it out.")
    floats = [name for name, outcomes in told.items() if holds_floats(outcomes)]
    if floats and not data["tolerance"]:
        raise CourseError(f"{task.path}: TOLERANCE = 0, but the outcome of {floats[0]} holds floats, which another "
                          "processor rounds differently. Give the task a tolerance, such as 1e-6.")


def data_text(data: dict) -> str:
    """As shipped: a line for every entry, so that a change is a small diff."""
    rows = [f" {json.dumps(key)}: {block(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def block(value) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join("  " + json.dumps(one, ensure_ascii=False) for one in value) + "\n ]"


def agrees(old: dict, new: dict) -> bool:
    """True where shipped data still hold: the same task file and, within the tolerance, the same inputs and outcomes.

    Another processor or version of torch may differ in the last digits; that is no reason to write the file again.
    """
    exact = [key for key in new if key not in ("inputs", "expected", "wrong")]
    tolerance = new["tolerance"]
    return (
        old.keys() == new.keys()
        and all(old[key] == new[key] for key in exact)
        and same(*([untuple({"dict": one}) for one in data["inputs"]] for data in (old, new)), max(tolerance, ROUNDED))
        and same(old["expected"], new["expected"], tolerance)
        and [(one["name"], one["message"]) for one in old["wrong"]]
        == [(one["name"], one["message"]) for one in new["wrong"]]
        and all(same(a["outcomes"], b["outcomes"], tolerance) for a, b in zip(old["wrong"], new["wrong"]))
    )
