"""What is given to a function of this package: numbers, all finite, at least one."""
import numpy as np

from course_lib.errors import CourseError, shown


def numbers(name: str, values, flat: bool = False) -> np.ndarray:
    """The values as an array of floats with one dimension at least; CourseError where that makes no sense."""
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise CourseError(f"{name} holds numbers, in rows of equal length; you gave {shown(values)}.") from None
    if not found.size or not found.ndim:
        raise CourseError(f"{name} has no rows; give at least one number in a list or an array.")
    if flat and found.ndim != 1:
        raise CourseError(f"{name} has one number a row, the shape (n,); yours is {found.shape}.")
    if not np.isfinite(found).all():
        bad = np.argwhere(~np.isfinite(found))
        raise CourseError(f"{name} holds {len(bad)} that are no finite number, the first at {bad[0].tolist()}. Leave "
                          "those rows out, and look why there are any.")
    return found
