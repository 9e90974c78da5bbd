"""Whether the text of a task's answer, the reference or a wrong solution, stands in what students get.

Texts are compared line by line, without comments and white space. Four lines in a row, or all of a function, are a
finding, unless the task itself shows them, in its statement or its stub.
"""
import ast
import json

from course_lib.builder.tasks import Task

RUN = 4        # so many lines in a row are no accident
TELLING = 20   # signs: a function of one shorter line, such as `return x`, says nothing


def leaks(content: dict[str, bytes], tasks: list[Task]) -> list[str]:
    """A line for each file and answer whose text stands there. `content` is {path: what the file holds}."""
    lines = {path: plain_lines(readable(path, data)) for path, data in content.items()}
    texts, known = {path: joined(some) for path, some in lines.items()}, set().union(*lines.values())
    found = []
    for task in tasks:
        shown = joined(plain_lines(task.stub + "\n" + task.statement))
        answers = {"the reference": task.reference} | {f"'wrong {one.name}'": one.source for one in task.wrong}
        for name, source in answers.items():
            pieces = [joined(piece) for piece in telling(source) if known.issuperset(piece)]
            pieces = [piece for piece in pieces if piece not in shown]
            found += [f"{path}: of task {task.id}, {name}" for path, text in texts.items()
                      if any(piece in text for piece in pieces)]
    return found


def telling(source: str) -> list[list[str]]:
    """What must stand nowhere: every run of lines of this answer, and the body of each of its functions."""
    lines, whole = source.splitlines(), plain_lines(source)
    pieces = [whole[start:start + RUN] for start in range(len(whole) - RUN + 1)]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                pieces.append(plain_lines("\n".join(lines[body[0].lineno - 1:body[-1].end_lineno])))
    return [piece for piece in pieces if len("".join(piece)) >= TELLING]


def plain_lines(text: str) -> list[str]:
    """The lines without comments and white space; none that is empty then."""
    lines = ("".join(line.partition("#")[0].split()) for line in text.splitlines())
    return [line for line in lines if line]


def joined(lines: list[str]) -> str:
    """As one text in which whole lines can be looked for."""
    return "\n" + "\n".join(lines) + "\n"


def readable(path: str, data: bytes) -> str:
    """A file as text; of JSON, and so of a notebook, every text in it."""
    text = data.decode("utf-8", errors="ignore")
    if not path.endswith((".json", ".ipynb")):
        return text
    try:
        return "\n".join(texts_of(json.loads(text)))
    except ValueError:
        return text


def texts_of(value) -> list[str]:
    """All texts in a JSON value, in their order."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    return [value] if isinstance(value, str) else []
