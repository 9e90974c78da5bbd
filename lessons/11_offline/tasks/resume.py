# %% [markdown] statement
# ## Task 11.3 · Stopped, and going on
#
# A run over many prompts takes hours, and may be killed at any moment. Write it so that, started again, it goes on:
#
# - `prompts`: a list of texts, some of them more than once;
# - `batch_size`: how many are answered at once;
# - `answer(batch)`: the model. It takes a list of prompts, gives as many answers, texts that may be empty, and costs
#   time. The run may be killed while it works;
# - `cache`: a dictionary from a prompt to its answer that outlives the run. It may hold answers already, of this list
#   or of others.
#
# Return the answer to each row of `prompts`, in their order, equal ones, too. Ask for each distinct prompt once, in the
# order in which it comes first, and for none that is in the cache. Keep each batch's answers as soon as they are there:
# a kill may cost the batch that is being computed, and no other. Take nothing out of the cache.
#
# With `a b a c`, two at once, the model gets `a b`, then `c`. Killed meanwhile and started again, it gets `c` alone.

# %% stub
def resume(prompts: list[str], batch_size: int, answer, cache: dict[str, str]) -> list[str]:
    """The answer to each prompt, in their order; what is in the cache is not asked for again."""
    raise NotImplementedError

# %% reference
def resume(prompts: list[str], batch_size: int, answer, cache: dict[str, str]) -> list[str]:
    """The answer to each prompt, in their order; what is in the cache is not asked for again."""
    left = [prompt for prompt in dict.fromkeys(prompts) if prompt not in cache]
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in prompts]

# %% checks
import random

TASK = "11.3"
TOLERANCE = 0
DRAWS = 4


class Killed(BaseException):
    """No `except Exception` sees it, as nothing sees a process that is killed."""


def draw(seed: int) -> dict:
    """By turns: killed in a later batch, the last one short; in the first; in the last; never, and all is there.

    `known` are in the cache before: one of the prompts, and one that nobody asks for.
    """
    rng = random.Random(seed)
    names = rng.sample("abcdefghijk", [8, 7, 9, 6][seed % 4])
    prompts = names + rng.sample(names, 4)
    rng.shuffle(prompts)
    prompts = prompts[:3] + [prompts[0]] + prompts[3:]              # one comes again at once
    batch_size, killed = [(2, 1), (3, 0), (4, 1), (5, 9)][seed % 4]
    known = names if seed % 4 == 3 else names[:1]
    return {"prompts": prompts, "batch_size": batch_size, "killed": killed, "known": [*known, "of another list"]}


def probe(resume, prompts: list, batch_size: int, killed: int, known: list) -> dict:
    """A run that is killed in batch number `killed`, and one that goes on; and what the cache holds between them."""
    says = lambda prompt: "" if prompt in sorted(prompts)[:4] else prompt.upper()
    cache, batches, found = {prompt: says(prompt) for prompt in known}, [], {}

    def answer(batch):
        batches.append(list(batch))
        if len(batches) - 1 == killed:
            raise Killed
        return [says(prompt) for prompt in batch]

    try:
        found["killed run"] = resume(prompts, batch_size, answer, cache)
    except Killed:
        found["killed run"] = "killed"
    found["kept by then"] = dict(cache)
    found["its batches"] = list(batches)
    batches.extend([[]] * (killed + 1))                              # so the second run is not killed
    already = len(batches)
    found["run that goes on"] = resume(prompts, batch_size, answer, cache)
    return found | {"the batches that were left": batches[already:], "kept": dict(cache)}

# %% wrong rows_dropped
# Equal prompts are one row in what you return, so the answers no longer stand beside their rows. Ask once for each
# distinct prompt, and give every row its answer.
def resume(prompts, batch_size, answer, cache):
    distinct = list(dict.fromkeys(prompts))
    left = [prompt for prompt in distinct if prompt not in cache]
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in distinct]

# %% wrong starts_again
# You ask for everything again, also for what is in the cache. Killed at nine tenths, such a run begins at nothing.
# Leave out what the cache has.
def resume(prompts, batch_size, answer, cache):
    left = list(dict.fromkeys(prompts))
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in prompts]

# %% wrong kept_at_the_end
# You put the answers into the cache when all of them are there. A kill before that costs all of them. Keep each batch's
# answers as soon as the model has given them.
def resume(prompts, batch_size, answer, cache):
    left, found = [prompt for prompt in dict.fromkeys(prompts) if prompt not in cache], {}
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        found.update(zip(part, answer(part)))
    cache.update(found)
    return [cache[prompt] for prompt in prompts]

# %% wrong batch_in_flight_lost
# You note a batch in the cache before the model has answered. Killed in between, its prompts count as done, and nobody
# ever answers them. Write into the cache what the model has said, and after that only.
def resume(prompts, batch_size, answer, cache):
    left = [prompt for prompt in dict.fromkeys(prompts) if prompt not in cache]
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(dict.fromkeys(part, ""))
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in prompts]

# %% wrong duplicates_asked_again
# You look into the cache once, before the first batch, and a prompt that comes twice is asked for twice. Take the
# distinct prompts: dict.fromkeys(prompts) has them in their order.
def resume(prompts, batch_size, answer, cache):
    left = [prompt for prompt in prompts if prompt not in cache]
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in prompts]

# %% wrong empty_answers_asked_again
# You take an empty answer for none, and ask for it in every run again. An answer may be empty: what counts is whether
# the prompt is in the cache.
def resume(prompts, batch_size, answer, cache):
    left = [prompt for prompt in dict.fromkeys(prompts) if not cache.get(prompt)]
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in prompts]

# %% wrong order_of_a_set
# A set has no order, so your batches are others in every run, and a run that goes on is not the one that was stopped.
# dict.fromkeys(prompts) has each prompt once, in the order in which it comes first.
def resume(prompts, batch_size, answer, cache):
    left = sorted(set(prompts) - set(cache))
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    return [cache[prompt] for prompt in prompts]

# %% wrong short_batch_dropped
# You count whole batches only. What is left over at the end is never asked for. The last batch may be short.
def resume(prompts, batch_size, answer, cache):
    left = [prompt for prompt in dict.fromkeys(prompts) if prompt not in cache]
    for number in range(len(left) // batch_size):
        part = left[number * batch_size:(number + 1) * batch_size]
        cache.update(zip(part, answer(part)))
    return [cache.get(prompt) for prompt in prompts]

# %% wrong one_at_a_time
# You ask for one prompt at a time. That is right, and as slow as can be: the model reads a batch together.
def resume(prompts, batch_size, answer, cache):
    for prompt in prompts:
        if prompt not in cache:
            cache[prompt] = answer([prompt])[0]
    return [cache[prompt] for prompt in prompts]

# %% wrong cache_emptied
# You empty the cache when the run is done. It may hold answers to other lists, and the next run of this one would begin
# at nothing. Leave it as it is.
def resume(prompts, batch_size, answer, cache):
    left = [prompt for prompt in dict.fromkeys(prompts) if prompt not in cache]
    for start in range(0, len(left), batch_size):
        part = left[start:start + batch_size]
        cache.update(zip(part, answer(part)))
    answers = [cache[prompt] for prompt in prompts]
    cache.clear()
    return answers
