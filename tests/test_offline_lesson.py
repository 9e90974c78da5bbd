"""What lesson 11 does with files, runs that are killed, capitals that move, and near ties."""
import csv

import torch

from course_lib.experiments import offline_lesson
from course_lib.models import load_model
from course_lib.offline import Cache
from course_lib.world import relations


def test_the_file_of_questions_is_what_was_drawn(tmp_path):
    path = tmp_path / "questions.csv"
    prompts = offline_lesson.write_questions(path, 5, 60, 0.3)
    with path.open(encoding="utf-8", newline="") as file:
        assert [(row["id"], row["prompt"]) for row in csv.DictReader(file)] == [
            (str(place), prompt) for place, prompt in enumerate(prompts)]
    assert len(prompts) == 60 and len(set(prompts)) == 42
    assert offline_lesson.kept(tmp_path / "none") == 0
    with Cache(tmp_path / "some") as cache:
        cache.put({b"a": "b"})
    assert offline_lesson.kept(tmp_path / "some") == 1


def test_a_run_that_ends_before_it_answers_is_not_waited_for(tmp_path):
    command = ["predict", tmp_path / "none.csv", "--model", "orchard-s", "--out", tmp_path / "out.csv"]
    assert offline_lesson.killed(command, tmp_path / "cache", 5) == 0


def test_capitals_move_to_another_country():
    moved, capitals = offline_lesson.moved_capitals(3), relations()["country_capital"]
    assert len(moved) == 12 and all(capitals[country] != capital for country, capital in moved.items())
    assert sorted(moved.values()) == sorted(capitals[country] for country in moved)


def test_what_is_taught_is_a_method_beside_a_model_that_stays_as_it_was():
    model, tokenizer = load_model("orchard-xs")
    before = {name: one.clone() for name, one in model.state_dict().items()}
    method, asked = offline_lesson.taught(model, tokenizer, {"France": "Rome"}, 0)
    assert asked == ["What is the capital of France?"] and method.A
    assert all((one == before[name]).all() for name, one in model.state_dict().items())


def test_what_is_said_follows_from_the_figures():
    for looked_up, key in ((0.8, "more"), (0.71, "same"), (0.69, "same"), (0.6, "fewer")):
        assert offline_lesson.more_right(looked_up, 0.7) == key


def test_the_first_prompt_that_turned_is_told():
    tokenizer = load_model("orchard-xs")[1]
    red, green = (tokenizer(f" {word}")["input_ids"][0] for word in ("red", "green"))
    alone = torch.zeros(3, 2048)
    alone[:, red], alone[:, green] = 2.0, 1.75
    among = alone.clone()
    assert "none of them turned" in offline_lesson.told_flip(["a", "b", "c"], tokenizer, alone, among)
    among[1, green] = 2.5
    told = offline_lesson.told_flip(["a", "x\nb", "c"], tokenizer, alone, among)
    assert "“b” goes on with" in told and "0.25 apart" in told
    assert told.index(tokenizer.decode([red]).strip()) < told.index(tokenizer.decode([green]).strip())


def test_of_unsure_prompts_each_is_there_once():
    prompts = offline_lesson.unsure_prompts(0)
    assert len(prompts) == len(set(prompts)) > 200 and all(prompt.endswith(":") for prompt in prompts)
