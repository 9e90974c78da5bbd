"""`course bench explore`: milliseconds of every explorable, from state to result and from controls to picture."""
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

import torch

from course_lib.bench.budgets import say
from course_lib.explore import (
    budget_calculator,
    early_stopping,
    edit_lab,
    interchange_lab,
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
from course_lib.explore.panel import Panel
from course_lib.explore.recorded import histories
from course_lib.methods import PrefixTuning, PromptTuning
from course_lib.models import load_model
from course_lib.world import documents, relations

RESULT_MS, PICTURE_MS = 50, 250
WARM_UP = 3


@dataclass(frozen=True)
class Explorable:
    """`draw_values(rng)` gives the values of all controls, from their whole range."""

    name: str
    draw_values: Callable[[Random], dict]
    compute: Callable[[dict], object]
    panel: Panel


def drawn(ranges: dict[str, Sequence]) -> Callable[[Random], dict]:
    """rng -> a value for each control, drawn from all that it can take."""
    return lambda rng: {name: rng.choice(values) for name, values in ranges.items()}


def explorables() -> Iterator[Explorable]:
    """All of them, on orchard-s."""
    model, tokenizer = load_model("orchard-s")
    texts = list(islice(documents("validation", 0), 200))

    def prompt_values(rng: Random) -> dict:
        relation = rng.choice(prompt_lab.ranges("fruit_family")["relation"])
        return drawn(prompt_lab.ranges(relation) | {"relation": (relation,)})(rng)

    yield Explorable("prompt lab", prompt_values,
                     lambda values: prompt_lab.compute(model, tokenizer, prompt_lab.State(**values)),
                     prompt_lab.panel(model, tokenizer))
    yield Explorable("tokenizer lens", lambda rng: {"text": "\n".join(rng.choices(texts, k=rng.randint(1, 10)))},
                     lambda values: tokenizer_lens.compute(tokenizer, tokenizer_lens.State(**values)),
                     tokenizer_lens.panel(tokenizer))
    yield Explorable("world browser", drawn(world_browser.ranges()),
                     lambda values: world_browser.compute(world_browser.State(**values)), world_browser.panel())
    yield Explorable("rank lab", drawn(rank_lab.ranges()),
                     lambda values: rank_lab.compute(rank_lab.State(**values)), rank_lab.panel())
    yield Explorable("NF4 against int4", drawn(quantise_lab.ranges(model)),
                     lambda values: quantise_lab.compute(model, quantise_lab.State(**values)),
                     quantise_lab.panel(model))

    table = model.get_input_embeddings().weight.detach()
    snapshots = [PromptTuning(model, 20, seed=seed).prompt.detach() for seed in range(40)]
    lens, attention = soft_prompt_lens, prefix_attention
    yield Explorable("soft-prompt lens", drawn(lens.ranges(snapshots)),
                     lambda values: lens.compute(table, tokenizer, snapshots, lens.State(**values)),
                     lens.panel(table, tokenizer, snapshots))
    prefixes = {"a prefix": PrefixTuning(model, 2)}
    yield Explorable("attention on the prefix", drawn(attention.ranges(model, prefixes)),
                     lambda values: attention.compute(model, tokenizer, prefixes, attention.State(**values)),
                     attention.panel(model, tokenizer, prefixes))
    yield Explorable("learning-rate sweep", drawn(learning_rate_sweep.ranges()),
                     lambda values: learning_rate_sweep.compute(learning_rate_sweep.State(**values)),
                     learning_rate_sweep.panel())
    stopping = {"labels": histories.LABELS, "patience": range(1, early_stopping.PATIENCE + 1)}
    yield Explorable("early stopping", drawn(stopping),
                     lambda values: early_stopping.compute(early_stopping.State(**values)), early_stopping.panel())
    yield Explorable("edit lab", drawn(edit_lab.ranges(model)),
                     lambda values: edit_lab.compute(model, tokenizer, edit_lab.State(**values)),
                     edit_lab.panel(model, tokenizer))

    def swap_values(rng: Random) -> dict:
        name = rng.choice(interchange_lab.RELATIONS)
        relation, base = relations()[name], rng.choice(interchange_lab.ranges(name)["base"])
        others = [key for key in relation if relation[key] != relation[base]]
        return {"relation": name, "base": base, "source": rng.choice(others), "k": rng.choice((1, 3, 5))}

    yield Explorable("interchange lab", swap_values,
                     lambda values: interchange_lab.compute(model, tokenizer, interchange_lab.State(**values)),
                     interchange_lab.panel(model, tokenizer))
    yield Explorable("which block?", drawn(which_block.ranges()),
                     lambda values: which_block.compute(which_block.State(**values)), which_block.panel())
    sizes = {name: range(1, most + 1) for name, most in budget_calculator.LARGEST.items()}
    yield Explorable("budget calculator", drawn(sizes | {"dtype": tuple(budget_calculator.BYTES)}),
                     lambda values: budget_calculator.compute(budget_calculator.State(**values)),
                     budget_calculator.panel())
    yield Explorable("prune lab", drawn(prune_lab.ranges()),
                     lambda values: prune_lab.compute(prune_lab.State(**values)), prune_lab.panel())
    logits, names = torch.randn(2, 40, 5, generator=torch.Generator().manual_seed(0)), "12345"
    yield Explorable("temperature", drawn(temperature.ranges(logits[0])),
                     lambda values: temperature.compute(*logits, names, temperature.State(**values)),
                     temperature.panel(*logits, names, texts[:40]))


def percentile_95(function: Callable[[dict], object], states: list[dict]) -> float:
    """Milliseconds of a call, 95th percentile over the states, after a few calls to warm up."""
    for values in states[:WARM_UP]:
        function(values)
    milliseconds = []
    for values in states:
        start = time.perf_counter()
        function(values)
        milliseconds.append(1000 * (time.perf_counter() - start))
    return statistics.quantiles(milliseconds, n=20, method="inclusive")[-1]


def explore(repeats: int = 60) -> bool:
    """Whether each explorable keeps to its budgets, over states drawn from its whole range."""
    kept = True
    for one in explorables():
        rng, panel = Random(0), one.panel
        states = [one.draw_values(rng) for _ in range(repeats)]
        for what, function, budget in (("state to result", one.compute, RESULT_MS),
                                       ("controls to picture", lambda values, panel=panel: panel.set(**values),
                                        PICTURE_MS)):
            p95 = percentile_95(function, states)
            kept &= say(f"{one.name}, {what}, 95th percentile", f"{p95:.0f} ms", f"{budget} ms", p95 <= budget)
    return kept
