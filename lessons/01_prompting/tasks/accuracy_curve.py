# %% [markdown] statement
# ## Task 01.4 · Measure it: how many examples are enough?
#
# Build the experiment of the lesson yourself. `accuracy_curve(ask, pairs, ks, seed)` asks every key of
# `pairs` once for every number of examples in `ks`, and returns the share of right answers for each `k`, in
# the order of `ks`.
#
# - For each question draw `k` new examples at random from the *other* pairs, with `random.Random(seed)`:
#   the same seed must give the same prompts, another seed others.
# - The prompt has the form of task 01.1; you may call your `k_shot_prompt`.
# - `ask(prompt)` returns the model's text as it comes, perhaps with spaces or a line break around it. An
#   answer is right when the whole of it is the pair's value.
#
# When the check passes, the cell after it draws your curve with the real model.

# %% stub
import random


def accuracy_curve(ask, pairs: list[tuple[str, str]], ks: list[int], seed: int) -> list[float]:
    """The share of right answers for each k in `ks`, each between 0 and 1.

    ask: a function, prompt -> the model's text.
    pairs: (key, value); each key is asked once for every k.
    """
    raise NotImplementedError

# %% reference
import random


def accuracy_curve(ask, pairs: list[tuple[str, str]], ks: list[int], seed: int) -> list[float]:
    """The share of right answers for each k in `ks`, each between 0 and 1.

    ask: a function, prompt -> the model's text.
    pairs: (key, value); each key is asked once for every k.
    """
    rng, curve = random.Random(seed), []
    for k in ks:
        right = 0
        for query, answer in pairs:
            others = [pair for pair in pairs if pair[0] != query]
            lines = [f"{key}: {value}" for key, value in rng.sample(others, k)]
            right += ask("\n".join([*lines, f"{query}:"])).strip() == answer
        curve.append(right / len(pairs))
    return curve

# %% checks
import random
from collections import Counter

TASK = "01.4"
TOLERANCE = 1e-6
PAIRS = [("peach", "drupe"), ("plum", "drupe"), ("cherry", "drupe"), ("apple", "pome"), ("pear", "pome"),
         ("quince", "pome"), ("lemon", "hesperidium"), ("lime", "hesperidium"), ("grapefruit", "hesperidium"),
         ("tomato", "berry"), ("grape", "berry"), ("kiwi", "berry")]


def draw(seed: int) -> dict:
    """Eight to twelve pairs; numbers of examples, in no order, that begin with none and end with all the others."""
    rng = random.Random(seed)
    pairs = rng.sample(PAIRS, (8, 10, 12)[seed % 3])
    ks = [0, rng.choice([3, 4]), *[5, 6][:seed % 2 + 1], len(pairs) - 1]
    return {"pairs": pairs, "ks": rng.sample(ks, len(ks)), "seed": rng.randrange(1000)}


def fake_model(pairs):
    """A model that needs some examples first, the longer the query, the more; and the list of what it was asked."""
    answers, prompts = dict(pairs), []

    def ask(prompt: str) -> str:
        if type(prompt) is not str or not prompt.endswith(":"):
            raise ValueError(f"ask() was given {prompt!r}; a prompt's last line is the query and a colon")
        *lines, query = prompt.removesuffix(":").split("\n")
        if query not in answers or not all(": " in line for line in lines):
            raise ValueError(f"ask() was given {prompt!r}; each line but the last must be 'key: value'")
        prompts.append((query, tuple(tuple(line.split(": ", 1)) for line in lines)))
        known, answer = len(lines) >= len(query) - 4, answers[query]
        return f" {answer}\n" if known else f" {answer}-like\n" if len(query) % 2 else f" {answer[:-1]}\n"

    return ask, prompts   # the list is out of the model's reach: nobody rewrites what was asked


def neighbours(others: list, examples: tuple) -> bool:
    """Whether these stand side by side among the others, the last one beside the first."""
    circle = others + others
    return any(set(circle[start:start + len(examples)]) == set(examples) for start in range(len(others)))


def probe(accuracy_curve, pairs: list, ks: list, seed: int) -> dict:
    """The curve, and what the model was asked."""
    runs = []
    for one in (seed, seed, seed + 1):
        ask, prompts = fake_model(pairs)
        runs.append((accuracy_curve(ask, pairs, ks, one), prompts))
    (curve, prompts), (_, again), (_, other) = runs
    counts = [len(examples) for _, examples in prompts]
    few = min(k for k in ks if k)    # fixed places in the list of the other pairs give at most few + 1 sets
    sets = {examples for _, examples in prompts if len(examples) == few}
    beside = lambda query, examples: neighbours([pair for pair in pairs if pair[0] != query], examples)
    drawn = [example for _, examples in prompts for example in examples]
    return {
        "accuracies": curve,
        "questions asked for each k": [counts.count(k) for k in ks],
        "every key is asked as often": len(set(Counter(query for query, _ in prompts).values())) == 1,
        "a query stands among its own examples": any(query in dict(examples) for query, examples in prompts),
        "every example is one of the pairs": set(drawn) <= set(pairs),
        "an example stands twice in a prompt": any(len(set(examples)) < len(examples) for _, examples in prompts),
        "new examples for every question": len(sets) > few + 1,
        "examples are always neighbours in the list": all(beside(*one) for one in prompts if len(one[1]) == few),
        "the same seed gives the same prompts": prompts == again,
        "another seed gives other prompts": prompts != other,
    }

# %% equal any-order
# In which order the questions are asked is nobody's business; nor is the order of the pairs that a draw is made from,
# or of the drawn ones, which is random anyway. A query is the pair's own key, the very object.
MUTANTS = ["for query, answer in pairs: -> for query, answer in turned(pairs):",
           "others = [pair for pair in pairs if pair[0] != query] -> "
           "others = [pair for pair in turned(pairs) if pair[0] != query]",
           "lines = [f'{key}: {value}' for key, value in rng.sample(others, k)] -> "
           "lines = [f'{key}: {value}' for key, value in turned(rng.sample(others, k))]",
           "others = [pair for pair in pairs if pair[0] != query] -> "
           "others = [pair for pair in pairs if pair[0] is not query]"]

# %% wrong query_among_examples
# Sometimes your prompt gives the answer away: the query is among its own examples. Draw from the other pairs.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        lines = [f"{key}: {value}" for key, value in rng.sample(pairs, k)]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong not_stripped
# No answer is ever right: the model's text comes with a space in front and a line break behind, and "
# pome\n" is not "pome". Strip it before you compare.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in rng.sample(others, k)]
        return ask("\n".join([*lines, f"{query}:"])) == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong part_is_enough
# You count an answer as right when the value is only a part of it ("pome-like" is not "pome"). Compare the
# whole.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in rng.sample(others, k)]
        return answer in ask("\n".join([*lines, f"{query}:"]))
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong always_the_first_pairs
# Your examples are always the first pairs of the list, whatever the seed. One lucky or unlucky set of
# examples then decides the whole curve: draw them at random.
def accuracy_curve(ask, pairs, ks, seed):
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in others[:k]]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong one_draw_for_all
# You draw the examples once for each k and ask every question with the same ones, so some questions are among
# their own examples, and one draw decides a whole point of the curve. Draw anew for every question.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    drawn = {k: rng.sample(pairs, k) for k in ks}
    def right(query, answer, k):
        lines = [f"{key}: {value}" for key, value in drawn[k]]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong generator_restarted
# Every question gets the same draw: a new random.Random(seed) for each question begins again each time.
# Make one generator at the start and go on drawing from it.
import random

def accuracy_curve(ask, pairs, ks, seed):
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in random.Random(seed).sample(others, k)]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong with_replacement
# The same example can stand twice in your prompt: choices() puts each one back before it draws the next. Draw k
# different ones, with sample().
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in rng.choices(others, k=k)]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong values_drawn_apart
# In your prompts the values belong to other keys: you draw keys and values apart from each other, so the examples are
# wrong ones. Draw whole pairs.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        keys, values = zip(*others)
        lines = [f"{key}: {value}" for key, value in zip(rng.sample(keys, k), rng.sample(values, k))]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong from_a_random_place_on
# Your examples always stand side by side in the list: only the place where they begin is random. Draw each of them at
# random, with sample().
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        start = rng.randrange(len(others))
        lines = [f"{key}: {value}" for key, value in (others + others)[start:start + k]]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong seed_unused
# Two runs with the same seed ask different prompts: you draw without the seed, so nobody can repeat your
# curve. Draw with random.Random(seed).
import random

def accuracy_curve(ask, pairs, ks, seed):
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in random.sample(others, k)]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks]

# %% wrong dict_by_k
# Your shares are right, and they come in a dict. The task asks for a list, one share for each k, in the order
# of ks.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in rng.sample(others, k)]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return {k: sum(right(*pair, k) for pair in pairs) / len(pairs) for k in ks}

# %% wrong counts
# You return how many answers were right. The task asks for the share: divide by the number of pairs.
import random

def accuracy_curve(ask, pairs, ks, seed):
    rng = random.Random(seed)
    def right(query, answer, k):
        others = [pair for pair in pairs if pair[0] != query]
        lines = [f"{key}: {value}" for key, value in rng.sample(others, k)]
        return ask("\n".join([*lines, f"{query}:"])).strip() == answer
    return [sum(right(*pair, k) for pair in pairs) for k in ks]
