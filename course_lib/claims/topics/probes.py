"""What a linear probe reads in hidden states. Shapes: B texts, d width."""
import torch

from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.claims.claim import FAILS, HOLDS, LOREFT, WIKIPEDIA, Figures, Verdict, claim, share
from course_lib.models import load_model
from course_lib.world.summing_up import PLACES, batch_of, probed, rows_of, short_reviews, states

TRAIN, TEST = 400, 150   # reviews
CLEAR = 0.1              # the probe is at least this far from its controls


@claim("C47", "Concepts live in linear subspaces of the hidden states", (WIKIPEDIA, LOREFT), lesson="08", core=True,
       tolerance=0.1, figures=("trained", "random", "words"))
def probes(seed: int) -> dict[str, float]:
    """A linear probe at the last place after the last block; the controls are random weights and a bag of words.

    `random` is the best of the probes at all places after all blocks, found on the test rows: it can only be too good.
    """
    train, test = (short_reviews(split, n, seed) for split, n in (("train", TRAIN), ("test", TEST)))
    y, y_test = torch.tensor(train[1]), torch.tensor(test[1])
    found = {}
    for name, options in (("trained", {}), ("random", {"random": True, "seed": seed})):
        model, tokenizer = load_model("orchard-s", **options)
        x, x_test = (torch.cat([states(model, batch_of(tokenizer, part[i:i + 100])) for i in range(0, len(part), 100)],
                               dim=1) for part, _ in (train, test))                          # (blocks, B, PLACES, d)
        sites = [(block, place) for block in range(len(x)) for place in range(PLACES)]
        right = [probed(x[block, :, place], y, x_test[block, :, place], y_test) for block, place in sites]
        found[name] = right[-1] if name == "trained" else max(right)
    return found | {"words": bag_of_words_accuracy(*(rows_of(labels, text=texts) for texts, labels in (train, test)))}


@probes.judged
def judge_probes(f: Figures) -> Verdict:
    """Holds where a linear probe reads much more from the trained model than from a random one, and than from words."""
    because = (f"A linear probe after the last block tells the side of {share(f['trained'])} of the reviews; with "
               f"random weights the best of all places and blocks tells {share(f['random'])}, and a bag of words "
               f"{share(f['words'])}.")
    control = max(f["random"].mean, f["words"].mean)
    if f["trained"].mean - control >= CLEAR:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " What the probe reads was not learned in pretraining.")
