"""How many times as long one thing takes as another: both are run in turns, so that a busy machine slows both alike."""
import time
from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
import torch

from course_lib.bench.rows import Measured, by_items

PAIRS, WARM_UP = 100, 3  # runs that are measured, and before them some that are not
DRAWS = 2000            # of the bootstrap
Pairs = list[tuple[float, float]]


def interleaved(ours: Callable[[], None], theirs: Callable[[], None]) -> Pairs:
    """Processor seconds of both, one pair after the other; each comes first in every other pair."""
    pairs = []
    for number in range(WARM_UP + PAIRS):
        seconds = {}
        for run in (ours, theirs) if number % 2 else (theirs, ours):
            start = time.process_time()
            run()
            seconds[run] = time.process_time() - start
        pairs.append((seconds[ours], seconds[theirs]))
    return pairs[WARM_UP:]


def ratio(pairs: Pairs) -> Measured:
    """The median of the first over the median of the second, with its 95 % bootstrap interval over the pairs."""
    first, second = np.array(pairs).T                                                       # (pairs,)
    drawn = np.random.default_rng(0).integers(len(pairs), size=(DRAWS, len(pairs)))
    low, high = np.quantile(np.median(first[drawn], axis=1) / np.median(second[drawn], axis=1), (0.025, 0.975))
    return by_items(float(np.median(first) / np.median(second)), float(low), float(high))


@contextmanager
def one_thread():
    """The block in which torch computes on one thread: only then are processor seconds those of one run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
