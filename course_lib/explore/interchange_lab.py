"""The interchange lab: hidden states of another key are swapped in, and one sees where the answer follows them."""
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import torch
from matplotlib.axes import Axes

from course_lib.architecture import blocks_of
from course_lib.display import columns, percent
from course_lib.explore.controls import Menu, Slider
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.plots.style import INK, fixed_axes, styled
from course_lib.prompting.reading import encode_prompts
from course_lib.prompting.text import draw_examples, few_shot
from course_lib.prompting.tokens import answer_tokens
from course_lib.world import relations
from course_lib.world.summing_up import states

RELATIONS = ("country_capital", "fruit_family", "fruit_colour", "animal_class", "opposite")
MOST_EXAMPLES = 5


def keys(state) -> tuple[str, ...]:
    """The keys of the state's relation."""
    return tuple(sorted(relations()[state.relation]))


def sources(state) -> tuple[str, ...]:
    """The keys with another answer than the base: of the same answer, a swap could not be seen."""
    relation = relations()[state.relation]
    return tuple(key for key in keys(state) if relation[key] != relation[state.base])


CONTROLS = {"relation": Menu("Relation", RELATIONS, lambda name: name.replace("_", " "), "relation in this lab"),
            "base": Menu("Asked for", keys, noun="key of this relation"),
            "source": Menu("Swapped in", sources, noun="source with another answer"),
            "k": Slider("Examples", range(1, MOST_EXAMPLES + 1))}


@dataclass(frozen=True)
class State:
    """What the controls say: a relation, the key asked for, the one whose states are swapped in, how many examples."""

    relation: str = "country_capital"
    base: str = "Peru"
    source: str = "Japan"
    k: int = 3


@dataclass(frozen=True)
class Result:
    """`effect[block][place]`: the probability of the source's answer against the base's own, after a swap there.

    `plain` is that without a swap. `places` are the last tokens of the prompt, as they are written.
    """

    state: State
    prompt: str
    answers: tuple[str, str]
    places: tuple[str, ...]
    effect: tuple[tuple[float, ...], ...]
    plain: float


def prompts_of(state: State) -> tuple[str, str]:
    """The prompts that ask for the base and for the source, with the same examples. CourseError for a bad state."""
    state = checked(state, State, CONTROLS)
    examples = draw_examples(relations()[state.relation], state.k, 0, exclude=(state.base, state.source))
    return few_shot(examples, state.base), few_shot(examples, state.source)


@torch.no_grad()
def last_logits(model, ids: list[int], given: torch.Tensor) -> torch.Tensor:
    """The last logits (1 + L · tail, V) of these tokens: without a swap, then of every block for every place in turn.

    `given` (L, tail, d) are the states that are put in place of the blocks' own, one at one of the last `tail` places
    in each row. What stands before these places does not change by it, so it is read once, and kept as keys and values.
    """
    L, tail, _ = given.shape
    places, rows = torch.arange(tail), 1 + L * tail

    def swap(first, state, module, inputs, h):                                               # h (rows, tail, d)
        h = h.clone()
        h[first + places, places] = state                                                    # (tail, d)
        return h

    cache = model(input_ids=torch.tensor([ids[:-tail]]), use_cache=True, logits_to_keep=1).past_key_values
    cache.batch_repeat_interleave(rows)
    tails = torch.tensor([ids[-tail:]] * rows)
    with ExitStack() as undo:
        for number, block in enumerate(blocks_of(model).values()):
            undo.callback(block.register_forward_hook(partial(swap, 1 + number * tail, given[number])).remove)
        return model(input_ids=tails, past_key_values=cache, logits_to_keep=1).logits[:, -1]


def compute(model, tokenizer, state: State) -> Result:
    """state -> result: what both prompts give, and one pass with a row for each block and place."""
    prompt, other = prompts_of(state)
    base, source = encode_prompts(model, tokenizer, (prompt, other), room=0)
    lines = [tokenizer("\n" + text.rpartition("\n")[2])["input_ids"] for text in (prompt, other)]
    P, relation = min(map(len, lines)) - 1, relations()[state.relation]  # the places that both last lines have
    answers = relation[state.base], relation[state.source]
    own, theirs = answer_tokens(tokenizer, answers)
    same = next(place for place, pair in enumerate(zip(own, theirs)) if pair[0] != pair[1])
    base, source = base + own[:same], source + own[:same]                # what both answers begin with is read, too
    given = states(model, {"input_ids": torch.tensor([source]), "logits_to_keep": 1}, P + same)[:, 0]
    logits = last_logits(model, base, given)
    chances = logits[:, [own[same], theirs[same]]].softmax(-1)[:, 1]                         # (1 + L · (P + same),)
    effect = chances[1:].view(-1, P + same)[:, :P].tolist()                                  # (L, P)
    written = tuple(tokenizer.decode([base[place]]).strip() or "line break" for place in range(-P - same, -same))
    return Result(state, prompt, answers, written, tuple(map(tuple, effect)), chances[0].item())


def strongest(result: Result) -> tuple[int, int]:
    """(block, place) of the swap with the largest effect; the first of several."""
    return max(((b, p) for b, row in enumerate(result.effect) for p in range(len(row))),
               key=lambda site: result.effect[site[0]][site[1]])


def summary(result: Result) -> str:
    """What the model says as it is, and where a swap changes it most."""
    block, place = strongest(result)
    own, theirs = result.answers
    return (f"Without a swap {theirs} has {percent(result.plain)}, against {own}. With the state of "
            f"{result.state.source} swapped in it has most, {percent(result.effect[block][place])}, at "
            f"“{result.places[place]}” after block {block + 1}.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    rows = "; ".join(f"after block {number + 1} {', '.join(map(percent, row))}"
                     for number, row in enumerate(result.effect))
    return (f"A table of squares, darker for more: the probability of {result.answers[1]} against {result.answers[0]} "
            f"after a swap at {', '.join(f'“{place}”' for place in result.places)}: {rows}.")


@styled
def figure(result: Result) -> Axes:
    """The still figure: a square for each block and place, with its figure."""
    axes = fixed_axes(2.9, left=0.18, right=0.96, bottom=0.06, top=0.78)
    axes.matshow(result.effect, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, shares in enumerate(result.effect):
        for column, value in enumerate(shares):
            axes.text(column, row, percent(value), ha="center", va="center", color="white" if value > 0.6 else INK)
    axes.set_xticks(range(len(result.places)), [f"“{place}”" for place in result.places])
    axes.set_yticks(range(len(result.effect)), [f"after block {number + 1}" for number in range(len(result.effect))])
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(f"swapped at (probability of {result.answers[1]} against {result.answers[0]})", labelpad=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return axes


def rows(result: Result) -> list[str]:
    """The same as text."""
    lines = [(f"after block {number + 1}", *map(percent, row)) for number, row in enumerate(result.effect)]
    return [result.prompt, "", *columns([("", *result.places), *lines], figures=True)]


def explorable(model, tokenizer) -> Explorable:
    """All that makes it one, for this model."""
    return Explorable("Interchange lab", State, CONTROLS, partial(compute, model, tokenizer), rows, summary,
                      picture_of(figure, alt), above=lambda result: [result.prompt])


def interchange_lab(model, tokenizer, start: State = State(), text: bool = False) -> None:
    """Shows the interchange lab. In text form it shows the one state `start`: State(base="France", source="Peru")."""
    show(partial(explorable, model, tokenizer), start, text)
