"""A method from a file whose kind the file itself says."""
import os

from safetensors import SafetensorError, safe_open

from course_lib import methods
from course_lib.errors import CourseError, shown
from course_lib.files import user_path
from course_lib.methods.base.method import Method


def load_method(path: str | os.PathLike, model) -> Method:
    """The method in this file, of whatever class.

    Args:
        path: a file that `method.save` wrote.
        model: the base on which the method was trained.

    Returns:
        The method, attached to nothing.

    Raises:
        CourseError: if the file cannot be read, holds no method of the course, or does not go with
            the model.
    """
    try:
        with safe_open(user_path(path), "pt") as file:
            name = (file.metadata() or {}).get("method")
    except (OSError, SafetensorError) as error:
        raise CourseError(f"{path} cannot be read as a saved method: {error}. `method.save(path)` writes "
                          "one.") from None
    if name not in methods.__all__:
        raise CourseError(f"{path} holds {'no method' if name is None else shown(name)}, and the course knows "
                          f"{', '.join(methods.__all__)}.")
    return getattr(methods, name).load(path, model)
