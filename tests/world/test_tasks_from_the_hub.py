"""load_task with a data set of the Hub: its labels, and what is said where the Hub cannot be reached."""
import datasets
import pytest

from course_lib import load_task
from course_lib.errors import CourseError


def test_a_hub_id_without_a_network_says_what_to_do():
    with pytest.raises(CourseError, match="'owner/name' could not be loaded.*file of your own.*load_task"):
        load_task("owner/name")


def test_a_hub_id_without_a_network_is_refused_soon(refused_without_network):
    said = refused_without_network("load_task", "owner/name")
    assert "'owner/name' could not be loaded" in said and "this run has no network" in said and "file of your" in said


@pytest.mark.parametrize("reached", [True, False])
def test_the_cache_is_used_where_the_hub_cannot_be_reached(reached, monkeypatch):
    """The Hub is asked once; without its answer the library is told to look in its cache only."""
    asked, rows = [], datasets.Dataset.from_dict({"text": [f"t{n}" for n in range(40)], "label": ["a", "b"] * 20})

    def load(name):
        asked.append(datasets.config.HF_HUB_OFFLINE)
        return datasets.DatasetDict(train=rows)

    def info(self, name, timeout):
        if not reached:
            raise ConnectionError("no network")

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", info)
    monkeypatch.setattr(datasets, "load_dataset", load)
    assert len(load_task("owner/name")["train"]) == 28
    assert asked == [not reached] and datasets.config.HF_HUB_OFFLINE is False


def hub(monkeypatch, **parts):
    monkeypatch.setattr(datasets, "load_dataset", lambda name: datasets.DatasetDict(parts))


def test_a_hub_data_set_gives_the_names_of_its_classes(monkeypatch):
    label = datasets.ClassLabel(names=["neg", "pos"])
    features = datasets.Features({"text": datasets.Value("string"), "label": label})
    data = {"text": [f"t{n}" for n in range(40)], "label": [n % 2 for n in range(40)]}
    unlabelled = {"text": ["u1", "u2"], "label": [-1, -1]}
    hub(monkeypatch, train=datasets.Dataset.from_dict(data, features=features),
        test=datasets.Dataset.from_dict(unlabelled, features=features))
    task = load_task("owner/reviews")
    assert task["train"].features["label"].names == ["neg", "pos"] and len(task["test"]) == 8


def test_a_hub_data_set_without_the_splits_or_columns_is_refused(monkeypatch):
    hub(monkeypatch, all=datasets.Dataset.from_dict({"text": ["a"], "label": ["b"]}))
    with pytest.raises(CourseError, match="the splits all"):
        load_task("owner/name")
    hub(monkeypatch, train=datasets.Dataset.from_dict({"sentence": ["a"], "label": ["b"]}))
    with pytest.raises(CourseError, match="'sentence', 'label'"):
        load_task("owner/name")
