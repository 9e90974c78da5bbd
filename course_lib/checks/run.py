"""Run a student's function on one drawn input, and turn what comes back into an outcome."""
from course_lib.checks.outcomes import outcome


def outcome_of(function, inputs: dict, probe=None, errors: list | None = None):
    """The outcome of one call: what `probe(function, **inputs)`, or `function(**inputs)`, returns or raises.

    An exception becomes {"raises": its type}; the exception itself is appended to `errors`.
    """
    try:
        value = probe(function, **inputs) if probe else function(**inputs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit, too, must not end the notebook
        if errors is not None:
            errors.append(error)
        return {"raises": type(error).__name__}
    return outcome(value)
