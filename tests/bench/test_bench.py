"""`course bench`, in small: every model is loaded first, every row has its range, every explorable is timed."""
import sys
from dataclasses import replace
from functools import partial

import pytest

from course_lib import plots
from course_lib.bench import base, budgets, command, explorables, in_context
from course_lib.bench.rows import Table, at_least, at_most, between, by_items, exact, over_seeds, share
from course_lib.errors import CourseError
from course_lib.models.configs import RECIPES, SHIPPED, build_model
from course_lib.models.tokenizer import tokenizer_for
from course_lib.world import documents


@pytest.mark.parametrize("figure, said", [
    (exact(True), "1.000"), (exact(2.5), "2.500"), (by_items(0.5, 0.4, 0.6), "0.500 (0.400 to 0.600, 95 %)"),
    (over_seeds([0.9, 0.7, 0.8]), "0.800 (0.700 to 0.900, 3 seeds)"),
    (share(0.8, 10), "0.800 (0.490 to 0.943, 95 %)"), (share(2 / 3, 600), "0.667 (0.628 to 0.703, 95 %)")])
def test_figures_say_their_range(figure, said):
    assert str(figure) == said and figure.low <= figure.value <= figure.high


@pytest.mark.parametrize("gate, text, passes, fails", [
    (at_least(0.9), "≥ .90", (0.9, 1), (0.899,)), (at_most(0.65), "≤ .65", (0.65, 0), (0.651,)),
    (between(0.6, 0.88), ".60–.88", (0.6, 0.88), (0.599, 0.881)), (at_least(5), "≥ 5", (5, 7.2), (4.9,)),
    (at_least(1), "≥ 1", (True,), (False,))])
def test_a_gate_says_what_it_tests(gate, text, passes, fails):
    said, holds = gate
    assert said == text
    assert all(holds(exact(value)) for value in passes) and not any(holds(exact(value)) for value in fails)


@pytest.mark.parametrize("first, mean, reported", [
    ((0.9, 0.5), (0.8, 0.95), 0.5), ((0.7, 0.95), (0.8, 0.6), 0.6), ((0.8, 0.5), (0.8, 0.9), 0.5)])
def test_where_an_encoder_is_probed_is_chosen_on_validation(first, mean, reported, task, monkeypatch):
    table, asked = Table(), []
    found = {"first": first, "mean": mean}
    monkeypatch.setattr(base, "probe", lambda model, tokenizer, task, where: asked.append(where) or found[where])
    monkeypatch.setattr(base, "tuned", lambda *_: exact(1))
    base.encoder(table, ("model", "tokenizer"), task)
    assert table.rows[0].figure == share(reported, len(task["test"])) and sorted(asked) == ["first", "mean"]


def test_a_misspelt_part_of_the_keys_is_named():
    with pytest.raises(CourseError, match="no part of the keys called 'choose'.*report, seen"):
        in_context.in_context(None, None, 1, "choose")


def test_all_missing_models_are_named_at_once(monkeypatch):
    loaded = []

    def load(name):
        loaded.append(name)
        if name != "orchard-s":
            raise CourseError(f"There is no model called {name!r}.")
        return "model", "tokenizer"

    monkeypatch.setattr(base, "load_model", load)
    monkeypatch.setattr(base, "rows", lambda models: pytest.fail("measured before all models were there"))
    with pytest.raises(CourseError) as caught:
        command.main(["base"])
    lines = str(caught.value).splitlines()
    assert lines[0] == "4 of the 5 models cannot be loaded:" and len(lines) == 5
    assert all(any(name in line for line in lines) for name in SHIPPED if name != "orchard-s")
    assert loaded == list(SHIPPED)


def test_a_model_can_lie_in_a_folder(monkeypatch):
    monkeypatch.setattr(base, "load_model", lambda name: name)
    found = base.load_all({"orchard-m": "a/folder"})
    assert found == {name: name for name in SHIPPED} | {"orchard-m": "a/folder"}


@pytest.fixture
def small(pair, task, monkeypatch):
    """Untrained models, a few reviews, two relations, two training steps."""
    encoder = build_model(RECIPES["orchard-encoder"], pair[1]).distilbert
    models = {name: pair for name in SHIPPED} | {"orchard-encoder": (encoder, pair[1])}
    relations = {name: relation for name, relation in in_context.relations().items()
                 if name.startswith(("fruit", "company"))}
    for relation in relations.values():
        monkeypatch.setattr(relation, "report", relation.report[:2])
        monkeypatch.setattr(relation, "seen", relation.seen[:12])
    monkeypatch.setattr(in_context, "relations", lambda: relations)
    monkeypatch.setattr(in_context, "DRAWS", (0,))
    monkeypatch.setattr(base, "load_all", lambda: models)
    monkeypatch.setattr(base, "load_task", lambda name: task)
    monkeypatch.setattr(base, "perplexity_ratio", lambda *_: 6.0)
    monkeypatch.setattr(base, "LABELS", len(task["train"]))
    monkeypatch.setattr(base, "STEPS", 1)
    return models


def test_the_whole_gate_in_small(small, monkeypatch, capsys):
    cards = {}
    monkeypatch.setattr("course_lib.models.card.update_abilities", cards.__setitem__)
    assert command.main(["base", "--write"]) == 1  # untrained models fail
    printed = capsys.readouterr().out
    assert " hold\n" in printed and "NO" in printed and "yes" in printed
    assert set(cards) == set(SHIPPED) and all(cards.values())
    figures = [figure for card in cards.values() for figure in card.values()]
    assert sum("95 %" in figure for figure in figures) == 11
    assert sum("3 seeds" in figure for figure in figures) == 6
    monkeypatch.setattr(in_context, "rows", lambda models: [])
    monkeypatch.setattr(base, "rows", lambda models: [])
    assert command.main(["base"]) == 0


def test_without_scikit_learn_the_way_to_it_is_said(monkeypatch):
    from course_lib import bench

    for name in ("base", "baselines"):
        monkeypatch.delitem(sys.modules, f"course_lib.bench.{name}")
        monkeypatch.delattr(bench, name)
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CourseError, match=r"sklearn.*pip install 'course-lib\[bench\]'"):
        command.main(["base"])


def test_every_explorable_is_timed(monkeypatch, capsys):
    """Each drawn state is computed; the clock need not see pictures painted, which is looked at elsewhere."""
    monkeypatch.setattr(plots, "picture_html", lambda figure, alt, *_, **__: alt)
    opened = explorables.explorables()
    monkeypatch.setattr(explorables, "explorables", lambda: opened)
    for limit, kept in ((1e9, True), (0, False)):
        monkeypatch.setattr(explorables, "RESULT_MS", limit)
        monkeypatch.setattr(explorables, "PICTURE_MS", limit)
        assert explorables.explore(repeats=2) == kept
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(", 95th")[0] for line in lines] == [
            f"{one.title}, {what}" for one in opened.values() for what in ("state to result", "controls to picture")]
        assert all(line.endswith("yes" if kept else "NO") for line in lines)
    monkeypatch.setattr(explorables, "explore", partial(explorables.explore, repeats=2))
    assert command.main(["explore", "rank_lab", "temperature"]) == 1
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[::2]] == ["Rank lab", "Temperature"]
    with pytest.raises(CourseError, match="'rank_lav'. Did you mean 'rank_lab'"):
        command.main(["explore", "prompt_lab", "rank_lav"])
    assert not capsys.readouterr().out


@pytest.mark.parametrize("explore_keeps, import_keeps, code", [(1, 1, 0), (0, 1, 1), (1, 0, 1)])
def test_a_missed_budget_is_an_exit_code(explore_keeps, import_keeps, code, monkeypatch):
    monkeypatch.setattr(explorables, "explore", lambda names: bool(explore_keeps))
    monkeypatch.setattr(budgets, "imports", lambda: bool(import_keeps))
    assert command.main(["explore"]) == code
    assert command.main(["imports"]) == 1 - import_keeps


def test_the_import_is_timed_with_the_explorables_even_where_these_are_too_slow(monkeypatch, capsys):
    monkeypatch.setattr(explorables, "explore", lambda names: False)
    assert command.main(["explore"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("import course_lib, beyond a bare interpreter") and lines[1].endswith("yes")


def test_the_speed_of_pretraining_is_told_for_every_recipe(monkeypatch, capsys):
    from course_lib.bench import speed

    tiny = replace(RECIPES["orchard-s"], rows=2, length=24)
    monkeypatch.setattr(speed, "RECIPES", {"orchard-s": tiny, "orchard-encoder": replace(tiny, kind="encoder")})
    tokenizers = {kind: tokenizer_for(kind, documents("train", 0), 300) for kind in ("causal", "encoder")}
    monkeypatch.setattr(speed, "tokenizer_for", lambda kind, documents: tokenizers[kind])
    monkeypatch.setattr(speed, "SIDE", 64)
    monkeypatch.setattr(speed, "STEPS", 2)
    assert command.main(["pretrain"]) == 0
    peak, *told = capsys.readouterr().out.splitlines()
    assert "GFLOP/s" in peak and [line.split()[0] for line in told] == ["orchard-s", "orchard-encoder"]
    assert all(float(line.split()[1]) > 0 and "% of the peak" in line for line in told)


def test_the_warm_up_is_not_measured(monkeypatch):
    clock = iter(range(10**6))
    monkeypatch.setattr(explorables.time, "perf_counter", lambda: next(clock))
    calls = []
    assert explorables.percentile_95(calls.append, [{"k": k} for k in range(5)]) == 1000
    assert [call["k"] for call in calls] == [0, 1, 2, 0, 1, 2, 3, 4]
