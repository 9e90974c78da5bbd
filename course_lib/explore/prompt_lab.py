"""The prompt lab: choose examples, and see what becomes of the probabilities of the answers."""
from dataclasses import dataclass
from functools import partial

from course_lib import plots
from course_lib.display import columns, decimal
from course_lib.explore.controls import Menu, Slider, Switch
from course_lib.explore.explorable import Explorable, checked, picture_of, show
from course_lib.prompting import draw_examples, few_shot, score_choices, shuffle_values
from course_lib.world import relations

MOST_EXAMPLES, DRAWS, CANDIDATES = 8, 20, 8
ELSE = "anything else"
CONTROLS = {"relation": Menu("Relation", tuple(relations()), lambda name: name.replace("_", " ")),
            "query": Menu("Query", lambda state: relations()[state.relation].held_out, noun="query of this relation"),
            "k": Slider("Examples", range(MOST_EXAMPLES + 1)),
            "draw": Slider("Draw number", range(DRAWS)),
            "shuffled": Switch("Shuffle the examples' answers")}


@dataclass(frozen=True)
class State:
    """What the controls say. `draw` numbers the draws of examples; a larger `k` adds examples to the same draw."""

    relation: str = "fruit_family"
    query: str = "apple"
    k: int = 1
    draw: int = 0
    shuffled: bool = False


@dataclass(frozen=True)
class Result:
    """The prompt, and the probability of each candidate and of anything else; they sum to one."""

    prompt: str
    right: str
    probabilities: dict[str, float]

    @property
    def first(self) -> str:
        """The most probable of the candidates."""
        return max((answer for answer in self.probabilities if answer != ELSE), key=self.probabilities.get)


def candidates(relation_name: str, query: str) -> list[str]:
    """The right answer, what else the world says of the query, and the commonest other values of the relation."""
    known, relation = relations(), relations()[relation_name]
    rivals = [other[query] for name, other in known.items() if query in other and name != relation_name]
    count = list(relation.values()).count
    common = sorted(dict.fromkeys(relation.values()), key=count, reverse=True)
    return list(dict.fromkeys([relation[query], *rivals[:4], *common]))[:CANDIDATES]


def prompt_of(state: State) -> str:
    """The prompt of a state. CourseError names what a control cannot be."""
    state = checked(state, State, CONTROLS)
    examples = draw_examples(relations()[state.relation], state.k, state.draw, exclude=state.query)
    return few_shot(shuffle_values(examples, state.draw) if state.shuffled else examples, state.query)


def compute(model, tokenizer, state: State) -> Result:
    """state -> result: the prompt and the probabilities of whole answers, among all texts."""
    prompt, answers = prompt_of(state), candidates(state.relation, state.query)
    scores = score_choices(model, tokenizer, prompt, answers, normalise=False)
    rest = max(0.0, 1 - sum(scores))
    return Result(prompt, answers[0], {**dict(zip(answers, scores)), ELSE: rest})


def summary(result: Result) -> str:
    """One sentence: what the model holds most likely of the candidates, and whether it is right."""
    verdict = "right" if result.first == result.right else f"wrong: it is {result.right}"
    return (f"Most probable here: {result.first} ({decimal(result.probabilities[result.first])}), {verdict}. "
            f"Anything else: {decimal(result.probabilities[ELSE])}.")


def alt(result: Result) -> str:
    """What the picture shows, in words."""
    figures = ", ".join(f"{answer} {decimal(p)}" for answer, p in result.probabilities.items())
    return f"Bars with the probability of each answer: {figures}. The right answer is {result.right}."


def figure(result: Result) -> plots.Axes:
    """The still figure: a bar for each candidate, always in the same order, the first one, the right one, blue."""
    labels, values = zip(*result.probabilities.items())
    return plots.bars(labels, values, highlight=[result.right], left=0.24, limit=1,
                      x_label="probability of the whole answer (blue: the right one)")


def rows(result: Result) -> list[str]:
    """The same as text: the prompt, and a line for each answer."""
    bars = [(answer, f"{decimal(p):>6}", "#" * round(30 * p)) for answer, p in result.probabilities.items()]
    return [result.prompt, "", *columns(bars)]


def explorable(model, tokenizer) -> Explorable:
    """All that makes it one, for this model."""
    return Explorable("Prompt lab", State, CONTROLS, partial(compute, model, tokenizer), rows, summary,
                      picture_of(figure, alt), above=lambda result: [result.prompt])


def prompt_lab(model, tokenizer, start: State = State(), text: bool = False) -> None:
    """Shows the prompt lab. In text form it shows the one state `start`: State(k=2, draw=1, query="pear")."""
    show(partial(explorable, model, tokenizer), start, text)
