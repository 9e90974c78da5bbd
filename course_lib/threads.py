"""How torch's threads wait for each other, and how many of them one pass of a model is worth.

torch shares every product of matrices out among its threads, and they meet again behind each, hundreds of times in a
training step. As it comes, whoever is first spins there: it keeps its core busy until the others arrive. Where another
program holds a core, or two of the threads lie on one, the others cannot arrive, for it is their core that is spun on:
a training step of orchard-xs that takes 16 ms then takes 740 to 1,340. Asleep, who waits is in nobody's way.
"""
import os
import sys
from contextlib import contextmanager

HOW_TO_WAIT = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")  # OpenMP's own word, and GNU's
SMALL_PASS = 1e8  # parameters × tokens


def wait_asleep() -> bool:
    """Torch's threads shall sleep while they wait, unless the user has said how; False where that comes too late.

    The setting is read once, when torch is loaded; the processes that this one starts find it, too.
    """
    if any(name in os.environ for name in HOW_TO_WAIT):
        return True
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    return "torch" not in sys.modules


IN_TIME = wait_asleep()


@contextmanager
def threads_for(model, tokens: int):
    """The block computes a pass over so many tokens: on one thread where that is as fast as several.

    Measured on two cores with nothing else to do, the time of two threads over that of one, when the threads sleep:

    parameters × tokens      7e7   1e8   1.3e8   2e8   3.6e8   1.6e9
    reading prompts, scored  1.05  1.01   .98    .96   .91      .67
    pretraining step         1.20   –      –      –     –       .53

    So it is the size of the model and the length of what it reads together that decide. The same model and the same
    tokens give the same number of threads, hence the same bits. Fewer threads than this are never raised: who has set
    one, by torch.set_num_threads or OMP_NUM_THREADS, keeps it.
    """
    import torch

    before = torch.get_num_threads()
    if before == 1 or tokens * sum(parameter.numel() for parameter in model.parameters()) >= SMALL_PASS:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
