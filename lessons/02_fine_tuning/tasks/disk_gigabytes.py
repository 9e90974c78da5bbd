# %% [markdown] statement
# ## Task 02.4 · What k tasks cost on disk
#
# A model has `parameters` parameters of `bits` bits each. You want it for `tasks` tasks. Compare two ways:
#
# - *full*: each task gets a tuned copy of the whole model; the base itself need not be kept;
# - *shared*: the base is kept once, and each task adds a file with `added` parameters of as many bits (as the
#   methods of lessons 05 and 06 do).
#
# Return both as a tuple `(full, shared)`, in GB; 1 GB is a billion bytes.

# %% stub
def disk_gigabytes(parameters: int, bits: int, tasks: int, added: int) -> tuple[float, float]:
    """(GB of a full copy for each task, GB of one base and a small file for each task)."""
    raise NotImplementedError

# %% reference
def disk_gigabytes(parameters: int, bits: int, tasks: int, added: int) -> tuple[float, float]:
    """(GB of a full copy for each task, GB of one base and a small file for each task)."""
    gigabytes = lambda count: count * bits / 8 / 1e9
    return gigabytes(tasks * parameters), gigabytes(parameters + tasks * added)

# %% checks
import random

TASK = "02.4"
TOLERANCE = 1e-6


def draw(seed: int) -> dict:
    """From 66 million parameters to 175 billion, in 4 to 32 bits."""
    rng = random.Random(seed)
    return {"parameters": rng.choice([66_362_880, 7 * 10**9, 13 * 10**9, 70 * 10**9, 175 * 10**9]),
            "bits": (16, 32, 4)[seed % 3], "tasks": rng.randint(2, 20),
            "added": rng.sample([1_245_760, 4_700_000, 37_700_000], 3)[seed % 3]}

# %% equal less-than-a-byte
# A part of a byte, and one part in a billion, are less than the nine digits that are compared.
BEFORE = "gigabytes = lambda count: count * bits / 8 / 1000000000.0 -> gigabytes = lambda count: "
MUTANTS = [BEFORE + after for after in ("count * bits // 8 / 1000000000.0", "count * bits / 8 / 1000000001.0",
                                        "count * bits / 8 / 999999999.0")]

# %% wrong bits_as_bytes
# Your GB are eight times too many: `bits` counts bits, and a byte has eight of them.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * bits / 1e9
    return gigabytes(tasks * parameters), gigabytes(parameters + tasks * added)

# %% wrong base_kept_beside_copies
# You keep the base beside the full copies. Each tuned copy is complete and needs no base; only the small files
# do.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * bits / 8 / 1e9
    return gigabytes((tasks + 1) * parameters), gigabytes(parameters + tasks * added)

# %% wrong base_forgotten
# Your shared way has only the small files. They are nothing without the base, which is kept once.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * bits / 8 / 1e9
    return gigabytes(tasks * parameters), gigabytes(tasks * added)

# %% wrong base_for_each_task
# Your shared way keeps a base for every task. All tasks use the same one: that is what is saved.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * bits / 8 / 1e9
    return gigabytes(tasks * parameters), gigabytes(tasks * (parameters + added))

# %% wrong one_small_file
# Your shared way counts one small file. Each of the tasks needs its own.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * bits / 8 / 1e9
    return gigabytes(tasks * parameters), gigabytes(parameters + added)

# %% wrong gibibytes
# You divide by 1,024 three times. That gives GiB; here 1 GB is a billion bytes, as the texts count.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * bits / 8 / 1024**3
    return gigabytes(tasks * parameters), gigabytes(parameters + tasks * added)

# %% wrong always_two_bytes
# You count two bytes for each parameter, whatever `bits` says.
def disk_gigabytes(parameters, bits, tasks, added):
    gigabytes = lambda count: count * 2 / 1e9
    return gigabytes(tasks * parameters), gigabytes(parameters + tasks * added)
