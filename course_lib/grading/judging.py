"""What a task's outcomes are worth, and the sentence that says why. It names no input, and nothing that is expected."""
from course_lib.checks.compare import same
from course_lib.checks.messages import beside_the_value
from course_lib.grading.answers import Seen


def judge(data: dict, expected: list, outcomes: dict, seen: Seen) -> tuple[str, ...]:
    """(verdict, reason), and where it behaves like a named wrong solution (…, its name, its message).

    data: of the task's check. expected, outcomes: of all inputs, the shipped ones first; outcomes by their place.
    """
    name, tolerance, count = data["name"], data["tolerance"], len(data["expected"])
    if seen.refused:
        return "refused", f"{name} does something that no task allows: {seen.refused}."
    if seen.course:
        return "refused", f"{name} calls the course's own {seen.course}. The task is to write this yourself."
    if seen.stub:
        return "unwritten", f"{name} is not written yet: it still raises NotImplementedError."
    if seen.ending == "time":
        return "time", f"{name if seen.defined else 'The cell'} took too long. Is there a loop without an end?"
    if seen.ending == "output":
        return "memory", f"{name} gives back more than anybody could compare."
    where = f" in line {seen.stopped['line']} of the cell" if seen.stopped and seen.stopped["line"] else ""
    if seen.stopped and seen.stopped["memory"]:
        return "memory", f"{name} wants more memory than there is{where}."
    alone = ""
    if seen.stopped and seen.stopped["kind"] == "NameError":
        alone = " Only this cell is graded: what it uses from other cells has to stand in it."
    if seen.in_cell:
        return "error", f"The cell stops with {seen.stopped['kind']}{where} before {name} is defined.{alone}"
    if seen.missing:
        what = "does not define" if seen.missing == "NoneType" else "defines no function, but an object called"
        return "error", f"The cell {what} {name}."
    if seen.ending == "crash":
        number = f" (signal {seen.signal})" if seen.signal not in (0, 9) else ""
        return "crash", f"{name} ended the Python that ran it{number}."
    if same([outcomes[place] for place in range(len(expected))], expected, tolerance):
        return "right", f"{name} is right on all {len(expected)} inputs."
    public = [outcomes[place] for place in range(count)]
    for wrong in data["wrong"]:
        if same(public, wrong["outcomes"], tolerance):
            return "wrong", f"{name} is not right yet.", wrong["name"], wrong["message"]
    right = [same(outcomes[place], one, tolerance) for place, one in enumerate(expected)]
    first = right.index(False)
    if isinstance(outcomes[first], dict) and "raises" in outcomes[first]:
        return "error", f"{name} stops with {seen.stopped['kind'] if seen.stopped else 'an error'}{where}.{alone}"
    if said := beside_the_value(outcomes[first], expected[first], None, tolerance, data["inputs"][0]):
        return "wrong", said
    if all(right[:count]):
        return "wrong", (f"{name} is right on the {count} inputs of the public check, and not on others. Answers "
                         "learned by heart count for nothing; or is there a case that you left out?")
    return "wrong", (f"{name} is not right yet: right on {sum(right)} of {len(right)} inputs. The check in the "
                     "notebook shows one where it is not.")
