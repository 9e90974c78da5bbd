"""The prompt lab: choose examples, and see what becomes of the probabilities of the answers."""
from dataclasses import dataclass

from course_lib import plots
from course_lib.display import decimal
from course_lib.errors import CourseError, shown, unknown, whole_number
from course_lib.explore.common import check_state, show
from course_lib.prompting import draw_examples, few_shot, score_choices, shuffle_values
from course_lib.world import relations

MOST_EXAMPLES, DRAWS, CANDIDATES = 8, 20, 8
ELSE = "anything else"


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


def ranges(relation: str) -> dict[str, tuple]:
    """Every value that each control can take. Queries are the keys that no list in the world shows."""
    known = relations()
    if not isinstance(relation, str) or relation not in known:
        raise unknown("relation", relation, known)
    return {"relation": tuple(known), "query": known[relation].held_out, "k": tuple(range(MOST_EXAMPLES + 1)),
            "draw": tuple(range(DRAWS)), "shuffled": (False, True)}


def candidates(relation_name: str, query: str) -> list[str]:
    """The right answer, what else the world says of the query, and the commonest other values of the relation."""
    known, relation = relations(), relations()[relation_name]
    rivals = [other[query] for name, other in known.items() if query in other and name != relation_name]
    count = list(relation.values()).count
    common = sorted(dict.fromkeys(relation.values()), key=count, reverse=True)
    return list(dict.fromkeys([relation[query], *rivals[:4], *common]))[:CANDIDATES]


def prompt_of(state: State) -> str:
    """The prompt of a state. CourseError names what a control cannot be."""
    check_state(state, State)
    queries = ranges(state.relation)["query"]
    if not isinstance(state.query, str) or state.query not in queries:
        allowed = ", ".join(queries)
        raise CourseError(f"query cannot be {shown(state.query)} for {state.relation}. Allowed: {allowed}.")
    if not isinstance(state.shuffled, bool):
        raise CourseError(f"shuffled is True or False; you gave {shown(state.shuffled)}.")
    k, draw = whole_number("k", state.k, 0, MOST_EXAMPLES), whole_number("draw", state.draw, 0, DRAWS - 1)
    examples = draw_examples(relations()[state.relation], k, draw, exclude=state.query)
    return few_shot(shuffle_values(examples, draw) if state.shuffled else examples, state.query)


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


def figure(result: Result, axes: plots.Axes | None = None) -> plots.Axes:
    """The still figure: a bar for each candidate, always in the same order, the first one, the right one, blue.

    `axes` are those of an earlier result. With as many bars they are changed, which is quicker than a new figure.
    """
    labels, values = zip(*result.probabilities.items())
    if axes is not None and plots.update_bars(axes, labels, values):
        return axes
    axes = plots.bars(labels, values, highlight=[result.right],
                      x_label="probability of the whole answer (blue: the right one)", limit=1)
    axes.figure.set_layout_engine(None)  # fixed margins: the bars keep their place from one result to the next
    axes.figure.subplots_adjust(left=0.24, right=0.95, top=0.98, bottom=0.6 / axes.figure.get_figheight())
    return axes


def text_form(result: Result) -> str:
    """The same for a terminal or a screen reader."""
    width = max(map(len, result.probabilities))
    bars = [f"{answer:{width}}  {decimal(p):>6}  {'#' * round(30 * p)}" for answer, p in result.probabilities.items()]
    return "\n".join([result.prompt, "", *bars, "", summary(result)])


def panel(model, tokenizer, start: State = State()):
    """The widgets, ready to be displayed (`.box`) or driven (`.set`)."""
    import ipywidgets as widgets

    from course_lib.explore.panel import Panel, control, status, text_block

    prompt_of(start)  # says what is wrong with it
    axes = None

    def draw(values: dict) -> str:
        nonlocal axes
        result = compute(model, tokenizer, State(**values))
        axes = figure(result, axes)
        picture = plots.picture_html(axes, alt(result), dpi=96)
        return text_block(result.prompt) + picture + status(summary(result))

    allowed = ranges(start.relation)
    names = [(name.replace("_", " "), name) for name in allowed["relation"]]
    relation = control(widgets.Dropdown, "Relation", options=names, value=start.relation)
    query = control(widgets.Dropdown, "Query", options=allowed["query"], value=start.query)
    relation.observe(lambda change: setattr(query, "options", ranges(change["new"])["query"]), names="value")
    sliders = {name: control(widgets.IntSlider, label, min=0, max=allowed[name][-1], value=getattr(start, name))
               for name, label in (("k", "Examples"), ("draw", "Draw number"))}
    shuffled = control(widgets.Checkbox, "Shuffle the examples' answers", value=start.shuffled)
    return Panel("Prompt lab", {"relation": relation, "query": query, **sliders, "shuffled": shuffled}, draw)


def prompt_lab(model, tokenizer, start: State = State(), text: bool = False) -> None:
    """Shows the prompt lab. In text form it shows the one state `start`: State(k=2, draw=1, query="pear")."""
    show(lambda: panel(model, tokenizer, start), lambda: text_form(compute(model, tokenizer, start)), text)
