"""The key changes with each thing that an answer depends on, and with nothing else."""
import ast
import copy

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.methods import LoRA, Steering
from course_lib.offline import keys
from course_lib.offline.keys import key_parts, prompt_key, run_key
from course_lib.syntax import parsed

SETTINGS = {"max_new_tokens": 8, "until": "newline", "stops": [0], "temperature": 0}


@pytest.fixture
def parts(small):
    """parts(**what is other than usual): the parts of the key."""
    def of(model=None, tokenizer=None, method=None, **settings):
        return key_parts(model or small[0], tokenizer or small[1], method, SETTINGS | settings)
    return of


def changed(one: dict, other: dict) -> set[str]:
    return {name for name in one if one[name] != other[name]}


def test_equal_things_have_one_key(small, parts):
    again = copy.deepcopy(small[0])
    again.config._name_or_path = "elsewhere"
    assert parts() == parts(again)
    small[1](["a", "b c d"], padding=True, truncation=True, max_length=2)  # which the tokenizer keeps in mind
    assert parts() == parts() and len(run_key(parts())) == 32


def test_the_bits_of_the_model_count_and_its_config(small, parts):
    model = copy.deepcopy(small[0])
    model.model.layers[1].mlp.up_proj.weight.data[3, 2] += 1e-7
    assert changed(parts(), parts(model)) == {"weights"}
    model = copy.deepcopy(small[0])
    model.config.rms_norm_eps *= 2
    assert changed(parts(), parts(model)) == {"model"}
    assert "weights" in changed(parts(), parts(copy.deepcopy(small[0]).double()))


def test_the_method_counts_with_tensors_and_settings(small, parts):
    model = small[0]
    one, same, other, wider = (LoRA(model, alpha=alpha, seed=seed) for alpha, seed in ((4, 0), (4, 0), (4, 1), (8, 0)))
    assert parts(method=one) == parts(method=same)
    assert changed(parts(method=one), parts(method=other)) == {"method"} == changed(parts(method=one),
                                                                                    parts(method=wider))
    assert changed(parts(), parts(method=one)) == {"method", "code"}
    one.B[0].data[0, 0] = 1e-30
    assert changed(parts(method=one), parts(method=same)) == {"method"}
    steering = Steering(model, vector=torch.ones(16))
    before = parts(method=steering)
    steering.strength = 2
    assert changed(before, parts(method=steering)) == {"method"}


def test_the_tokenizer_counts(small, parts, tokenizer):
    other = copy.deepcopy(tokenizer)
    other.add_tokens(["appletree"])
    assert changed(parts(), parts(tokenizer=other)) == {"tokenizer"}
    other = copy.deepcopy(tokenizer)
    other.eos_token = "<|pad|>"
    assert changed(parts(), parts(tokenizer=other)) == {"tokenizer"}

    class Bare:
        pass
    with pytest.raises(CourseError, match="Bare does not say how it is built"):
        keys.tokenizer_parts(Bare())


@pytest.mark.parametrize("settings", [{"max_new_tokens": 9}, {"until": "end"}, {"stops": [0, 5]}], ids=str)
def test_how_an_answer_is_decoded_counts(parts, settings):
    assert changed(parts(), parts(**settings)) == {"decoding"}


def test_the_code_counts_but_not_what_is_said_about_it(parts, monkeypatch, tmp_path):
    before = parts()
    for folder in ("offline", "prompting"):
        (tmp_path / folder).mkdir()
    for name in keys.CODE:
        text = (keys.COURSE / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text("# said anew\n" + text, encoding="utf-8")
    monkeypatch.setattr(keys, "COURSE", tmp_path)
    assert parts() == before
    with (tmp_path / "offline" / "generating.py").open("a", encoding="utf-8") as file:
        file.write("\nMORE = 1\n")
    parsed.cache_clear()
    assert changed(before, parts()) == {"code"}
    monkeypatch.setattr(keys.torch, "__version__", "0.0")
    assert changed(before, parts()) == {"code", "libraries"}


def test_what_computes_an_answer_imports_nothing_that_does_not_count():
    """But what refuses or keeps, which changes no answer, and methods, which count where there is one."""
    no_answer = {"errors.py", "promised.py", "offline/cache.py", "offline/checking.py", "offline/keys.py", "workers.py"}
    for name in keys.CODE:
        found = {f"{node.module.removeprefix('course_lib.').replace('.', '/')}.py"
                 for node in ast.walk(ast.parse((keys.COURSE / name).read_text(encoding="utf-8")))
                 if isinstance(node, ast.ImportFrom) and node.module.startswith("course_lib.")}
        assert {one for one in found if not one.startswith("methods/")} <= {*keys.CODE, *no_answer}, name


def test_a_method_of_your_own_counts_with_its_source(small, parts):
    class Mine(LoRA):
        """A LoRA that does more."""
    one = parts(method=Mine(small[0]))
    assert {"method", "code"} == changed(one, parts(method=LoRA(small[0])))
    space = {"LoRA": LoRA, "__name__": "nowhere"}
    exec("class Hidden(LoRA):\n    pass", space)
    with pytest.raises(CourseError, match="Hidden has no source that can be read"):
        parts(method=space["Hidden"](small[0]))


def test_every_sign_of_a_prompt_counts():
    texts = ["It is good.", "It is not good.", "it is good.", "It is good. ", "It is good", "It  is good.",
             "É", "E\u0301"]
    assert len({prompt_key(b"x" * 32, text) for text in texts}) == len(texts)
    assert prompt_key(b"x" * 32, "a") != prompt_key(b"y" * 32, "a")
