"""The baselines find what is there, and read a model where they say."""
import pytest
import torch

from course_lib.bag_of_words import best_bag_of_words
from course_lib.bench import baselines
from course_lib.errors import CourseError
from course_lib.world.summing_up import rows_of
from tests.closeness import NET, assert_near


def test_an_unknown_place_is_named(pair):
    with pytest.raises(CourseError, match="place to read called 'end'"):
        baselines.features(*pair, ["apple"], "end")


@torch.no_grad()
def test_features_are_read_where_they_should_be(pair):
    model, tokenizer = pair
    texts = ["The apple is a pome.", "plum"]
    hidden = [model.model(torch.tensor([tokenizer(text)["input_ids"]])).last_hidden_state[0] for text in texts]
    for where, read in (("last", lambda h: h[-1]), ("first", lambda h: h[0]), ("mean", lambda h: h.mean(0))):
        expected = torch.stack([read(h) for h in hidden])
        found = torch.from_numpy(baselines.features(model, tokenizer, texts, where, batch=2))
        assert_near(found, expected, **NET)


def test_baselines_find_what_is_there_and_nothing_where_nothing_is():
    def part(good, bad, n=20):
        return rows_of([1, 0] * n, text=[good, bad] * n)

    told, untold = part("a fine film", "a dull film"), part("a b", "b a")
    right = lambda *splits: best_bag_of_words(dict(zip(("train", "validation", "test"), splits)))
    assert right(told, told, told) == 1 and right(told, told, untold) == 0.5
    assert right(part("one two", "two one"), untold, untold) == 0.5
    features = torch.tensor([[0.0, 1.0], [1.0, 0.0]] * 20).numpy(), [0, 1] * 20
    assert baselines.probe_accuracy(features, features, features) == (1, 1)


def test_the_fit_is_chosen_on_validation_and_reported_on_test():
    class Fit:
        def __init__(self, **scores):
            self.scores = scores

        def score(self, features, labels):
            return self.scores[features]

    fits = [Fit(validation=0.6, test=0.9), Fit(validation=0.8, test=0.5)]
    assert baselines.best_of(fits, ("validation", []), ("test", [])) == (0.8, 0.5)
