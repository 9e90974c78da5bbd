"""Choosing between models, by the rows that are reported or by others."""
import numpy


def picked(marks, draws: int, seed: int, n: int = 50) -> dict[str, float]:
    """Pick the best row of `marks` (candidates, rows) on n test or n validation rows.

    It is scored on what is left.
    """
    rng, marks = numpy.random.default_rng(seed), numpy.asarray(marks, dtype=float)
    found = []
    for _ in range(draws):
        order = rng.permutation(marks.shape[1])
        test, validation, fresh = (marks[:, part].mean(1)
                                   for part in (order[:n], order[n:2 * n], order[2 * n:]))
        by_test, by_validation = test.argmax(), validation.argmax()
        found.append((test[by_test], fresh[by_test], test[by_validation], fresh[by_validation]))
    names = ("on_test", "on_test_fresh", "on_validation", "on_validation_fresh")
    return dict(zip(names, map(float, numpy.mean(found, axis=0))))
