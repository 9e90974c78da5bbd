"""The prompt lab over its whole range, in Python: every control changes the picture, and what is shown adds up."""
from dataclasses import replace
from functools import partial
from random import Random

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course_lib.explore import prompt_lab as lab
from course_lib.explore.prompt_lab import State
from course_lib.prompting import score_choices
from course_lib.world import relations
from tests.closeness import NET, assert_near

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
START = State(k=2, draw=1)


def all_states():
    """Every value of every control, one at a time, and some corners drawn at random."""
    for name in relations():
        allowed = lab.explorable(None, None).ranges(relation=name)
        base, fields = State(name, allowed["query"][0], 2, 0), ("query", "k", "draw", "shuffled")
        yield from (replace(base, **{field: value}) for field in fields for value in allowed[field])
        for seed in range(10):
            yield State(name, *(Random(f"{name} {seed} {field}").choice(allowed[field]) for field in fields))


def test_every_state_has_a_prompt_with_its_examples():
    for state in all_states():
        *examples, query = lab.prompt_of(state).split("\n")
        assert len(examples) == state.k and query == f"{state.query}:"
        pairs = dict(line.split(": ") for line in examples)
        relation = relations()[state.relation]
        assert set(pairs) <= set(relation.seen) and len(pairs) == state.k
        right = sum(relation[key] == value for key, value in pairs.items())
        assert right == state.k or (state.shuffled and state.k > 1)


def test_every_query_has_candidates_with_the_right_answer_first():
    for name, relation in relations().items():
        for query in relation.held_out:
            answers = lab.candidates(name, query)
            assert answers[0] == relation[query] and 4 < len(answers) == len(set(answers)) <= lab.CANDIDATES
    assert {"pome", "computers"} < set(lab.candidates("fruit_family", "apple"))


@pytest.fixture
def not_painted(monkeypatch):
    """Pictures hold what would be painted, in words: painting is slow, and two tests below do it for real."""
    def words(figure, dpi):
        [axes] = figure.axes
        rows = zip(axes.get_yticklabels(), axes.patches, axes.texts)
        words = [(tick.get_text(), float(bar.get_width()), note.get_text()) for tick, bar, note in rows]
        return repr(words).encode()
    monkeypatch.setattr(lab.plots, "png", words)


def test_the_result_is_that_of_score_choices_and_sums_to_one(model, tokenizer):
    for state in list(all_states())[::41]:
        result = lab.compute(model, tokenizer, state)
        answers = lab.candidates(state.relation, state.query)
        assert list(result.probabilities) == [*answers, lab.ELSE]
        assert_near(sum(result.probabilities.values()), 1.0, terms=len(answers))
        plain = score_choices(model, tokenizer, result.prompt, answers, normalise=False)
        assert_near(list(result.probabilities.values())[:-1], plain, **NET)


def test_another_relation_brings_its_own_queries_and_reset_brings_all_back(model, tokenizer, not_painted):
    panel = lab.explorable(model, tokenizer).panel(START)
    before = panel.picture.value
    panel.controls["relation"].value = "country_capital"
    assert panel.controls["query"]._options_values == relations()["country_capital"].held_out
    query = panel.values["query"]
    assert query == panel.controls["query"]._options_values[0] and f"{query}:" in panel.picture.value
    panel.controls["k"].value = 7
    panel.reset_button.click()
    assert State(**panel.values) == START and panel.picture.value == before


def test_a_change_draws_once(model, tokenizer, not_painted):
    panel = lab.explorable(model, tokenizer).panel(START)
    drawn, draw = [], panel.draw
    panel.draw = lambda values: drawn.append(values) or draw(values)
    panel.controls["relation"].value = "country_capital"
    panel.controls["k"].value = 4
    panel.set(k=4)
    assert len(drawn) == 2
    panel.reset_button.click()
    assert len(drawn) == 3


def test_figure_and_words_say_the_same(model, tokenizer):
    result = lab.Result("apple:", "pome", {"pome": 0.6, "drupe": 0.3, lab.ELSE: 0.1})
    axes = lab.figure(result)
    assert [patch.get_width() for patch in axes.patches] == [0.6, 0.3, 0.1]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["pome", "drupe", lab.ELSE]
    for words in (lab.alt(result), "\n".join(lab.rows(result))):
        assert "pome" in words and "0.60" in words and "0.30" in words
    assert lab.summary(result) == "Most probable here: pome (0.60), right. Anything else: 0.10."
    small = lab.Result("apple:", "pome", {"pome": 0.001, "drupe": 0.994, lab.ELSE: 0.004})
    figures = [text.get_text() for text in lab.figure(small).texts]
    assert figures == ["< 0.01", "0.99", "< 0.01"]
    assert lab.alt(small).startswith("Bars with the probability of each answer: pome < 0.01, drupe 0.99, anything")
    assert [line[15:21] for line in lab.rows(small)[2:5]] == ["< 0.01", "  0.99", "< 0.01"]
    assert lab.summary(small).endswith("Anything else: < 0.01.")
    wrong = lab.Result("apple:", "pome", {"pome": 0.1, "drupe": 0.3, lab.ELSE: 0.6})
    assert "wrong: it is pome" in lab.summary(wrong)


def test_the_longest_answer_fits_into_the_picture():
    longest = max((value for relation in relations().values() for value in relation.values()), key=len)
    axes = lab.figure(lab.Result("", longest, {longest: 0.5, lab.ELSE: 0.5}))
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    assert all(tick.get_window_extent(canvas.get_renderer()).x0 >= 0 for tick in axes.get_yticklabels())


def test_text_form_and_notebook(model, tokenizer, shown_both_ways):
    printed = shown_both_ways(partial(lab.prompt_lab, model, tokenizer, START))
    assert lab.prompt_of(START) in printed and "Most probable here" in printed
