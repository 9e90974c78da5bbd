"""`course bench explore`: milliseconds of every explorable, from state to result and from controls to picture."""
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from random import Random

import torch

from course_lib.bench.budgets import say
from course_lib.errors import unknown
from course_lib.explore import (
    alpha_line,
    batch_and_cache,
    budget_calculator,
    drift_alarm,
    early_stopping,
    edit_lab,
    forgetting_kl,
    interchange_lab,
    kl_coefficient,
    learning_rate_sweep,
    prefix_attention,
    prompt_lab,
    prune_lab,
    quantise_lab,
    rank_lab,
    soft_prompt_lens,
    temperature,
    tokenizer_lens,
    which_block,
    world_browser,
)
from course_lib.explore.explorable import Explorable
from course_lib.methods import PrefixTuning, PromptTuning
from course_lib.models import load_model
from course_lib.world import documents

RESULT_MS, PICTURE_MS = 50, 250
WARM_UP = 3


def explorables() -> dict[str, Explorable]:
    """All of them by their modules' names, on orchard-s, with what some of them show: prompts, prefixes and logits."""
    model, tokenizer = load_model("orchard-s")
    table = model.get_input_embeddings().weight.detach()
    prompts = [PromptTuning(model, 20, seed=seed).prompt.detach() for seed in range(40)]
    prefixes = {name: PrefixTuning(model, 2, init=name) for name in ("vocabulary", "random")}
    logits = torch.randn(2, 40, 5, generator=torch.Generator().manual_seed(0))
    return {
        "prompt_lab": prompt_lab.explorable(model, tokenizer),
        "tokenizer_lens": tokenizer_lens.explorable(tokenizer),
        "world_browser": world_browser.explorable(),
        "rank_lab": rank_lab.explorable(),
        "quantise_lab": quantise_lab.explorable(model),
        "soft_prompt_lens": soft_prompt_lens.explorable(table, tokenizer, prompts),
        "prefix_attention": prefix_attention.explorable(model, tokenizer, prefixes),
        "learning_rate_sweep": learning_rate_sweep.explorable(),
        "early_stopping": early_stopping.explorable(),
        "edit_lab": edit_lab.explorable(model, tokenizer),
        "interchange_lab": interchange_lab.explorable(model, tokenizer),
        "which_block": which_block.explorable(),
        "budget_calculator": budget_calculator.explorable(),
        "prune_lab": prune_lab.explorable(),
        "alpha_line": alpha_line.explorable(),
        "batch_and_cache": batch_and_cache.explorable(),
        "forgetting_kl": forgetting_kl.explorable(),
        "drift_alarm": drift_alarm.explorable(),
        "kl_coefficient": kl_coefficient.explorable(),
        "temperature": temperature.explorable(*logits, "12345", list(islice(documents("validation", 0), 40))),
    }


def drawn(one: Explorable, rng: Random):
    """A state, each control's value drawn from all that it can be; a text to be typed is up to ten documents."""
    state = one.state()
    for name, control in one.controls.items():
        pages = islice(documents("validation", rng.randrange(1000)), rng.randint(1, 10))
        state = replace(state, **{name: rng.choice(control.allowed(state) or ["\n".join(pages)])})
    return state


def percentile_95(function: Callable, states: list) -> float:
    """Milliseconds of a call, 95th percentile over the states, after a few calls to warm up."""
    for state in states[:WARM_UP]:
        function(state)
    milliseconds = []
    for state in states:
        start = time.perf_counter()
        function(state)
        milliseconds.append(1000 * (time.perf_counter() - start))
    return statistics.quantiles(milliseconds, n=20, method="inclusive")[-1]


def explore(names: Sequence[str] = (), repeats: int = 60) -> bool:
    """Whether these explorables, or all, keep to their budgets, over states drawn from their whole range.

    Raises CourseError for a name that none has.
    """
    kept, known = True, explorables()
    for name in names:
        if name not in known:
            raise unknown("explorable", name, known)
    for one in map(known.get, names or known):
        rng, panel = Random(0), one.panel(one.state())
        states = [drawn(one, rng) for _ in range(repeats)]
        for what, function, budget in (
                ("state to result", one.compute, RESULT_MS),
                ("controls to picture", lambda state, panel=panel: panel.set(**vars(state)), PICTURE_MS)):
            p95 = percentile_95(function, states)
            kept &= say(f"{one.title}, {what}, 95th percentile", f"{p95:.0f} ms", f"{budget} ms", p95 <= budget)
    return kept
