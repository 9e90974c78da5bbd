"""What a linear probe reads in hidden states. Shapes: B texts, d width."""
import torch

from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.claims.claim import LOREFT, WIKIPEDIA, Figures, claim, more, share
from course_lib.experiments.hidden_states import SITE
from course_lib.models import load_model
from course_lib.world.summing_up import PLACES, answer_direction, batch_of, probed, rows_of, short_reviews, states

TRAIN, TEST = 400, 150   # reviews


@claim("C47", "Concepts live in linear subspaces of the hidden states", (WIKIPEDIA, LOREFT), lesson="08", core=True,
       tolerance=0.1, question="Before the last block, does a direction tell the opinion that pretraining put there?",
       asks={"more than in a model with random weights": more(lambda f: f["trained"] - f["random"], 0.1),
             "more than a bag of words": more(lambda f: f["trained"] - f["words"], 0.1)},
       figures=("trained", "random", "words", "answer"))
def probes(seed: int) -> dict[str, float]:
    """A linear probe at "short" after the third block of four, where no answer is read off yet; and its controls.

    `random` is the best of the probes at all places after all blocks of a model with random weights, found on the test
    rows: it can only be too good. `words` is a bag of words. `answer` is the direction that the answer is read off at
    the end, which no probe trained, whichever way round it tells more.
    """
    train, test = (short_reviews(split, n, seed) for split, n in (("train", TRAIN), ("test", TEST)))
    y, y_test, site = torch.tensor(train[1]), torch.tensor(test[1]), (SITE["layer"], PLACES + SITE["position"])
    found = {}
    for name, options in (("trained", {}), ("random", {"random": True, "seed": seed})):
        model, tokenizer = load_model("orchard-s", **options)
        x, x_test = (torch.cat([states(model, batch_of(tokenizer, part[i:i + 100])) for i in range(0, len(part), 100)],
                               dim=1) for part, _ in (train, test))                          # (blocks, B, PLACES, d)
        sites = [site] if name == "trained" else [(b, place) for b in range(len(x)) for place in range(PLACES)]
        found[name] = max(probed(x[b, :, place], y, x_test[b, :, place], y_test) for b, place in sites)
        if name == "trained":
            middle = x[site[0], :, site[1]].mean(0)                                          # (d,)
            told = ((x_test[site[0], :, site[1]] - middle) @ answer_direction(model, tokenizer) > 0) == (y_test == 1)
            found["answer"] = max(told.float().mean().item(), 1 - told.float().mean().item())
    return found | {"words": bag_of_words_accuracy(*(rows_of(labels, text=texts) for texts, labels in (train, test)))}


@probes.told
def tell_probes(f: Figures) -> str:
    """The share of each."""
    return (f"At “short” after the third of four blocks a linear probe tells the side of {share(f['trained'])} of the "
            f"reviews; with random weights the best of all places and blocks tells {share(f['random'])}, a bag of "
            f"words {share(f['words'])}. The direction that the answer is read off at the end, untrained, tells "
            f"{share(f['answer'])} there, whichever way round it is better.")
