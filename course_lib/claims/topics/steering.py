"""Steering: a vector that is added to hidden states. Shapes: d width, N random vectors."""
from course_lib.claims.claim import FAILS, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim, share
from course_lib.evaluation import old_domain_loss
from course_lib.experiments.hidden_states import SITE, STRENGTHS
from course_lib.methods import Steering
from course_lib.models import load_model
from course_lib.world.summing_up import as_long, batch_of, said, short_reviews, unfinished

CLEAR = 0.1              # an effect is at least this far from its control
MOST, CHEAP = 0.5, 0.1   # of the reviews are turned round; for less loss on old text, nats a token


@claim("C59", "Fixed steering vectors control a model without training", (LOREFT,), lesson="08",
       tolerance=0.1, figures=("strength", "before", "steered", "control", "loss_before", "loss_steered"))
def steer(seed: int) -> dict[str, float]:
    """Unfavourable reviews, steered with a mean difference; the control is the mean of N random vectors as long.

    The strength is the weakest that gains most over the control on validation reviews.
    """
    model, tokenizer = load_model("orchard-s")
    good, bad = (unfinished(short_reviews("train", 64, seed, label)[0]) for label in (1, 0))
    steering = Steering.from_texts(model, tokenizer, good, bad, SITE["layer"])
    random = [Steering(model, SITE["layer"], vector) for vector in as_long(steering.vector, seed)]

    def called(batch: dict, strength: float) -> tuple[float, float]:
        """(steered, in the mean of the random vectors): the share of these that the model calls favourable."""
        for method in (steering, *random):
            method.strength = strength
        return (said(model, tokenizer, batch, steering),
                sum(said(model, tokenizer, batch, method) for method in random) / len(random))

    validation, test = (batch_of(tokenizer, short_reviews(split, n, seed, label=0)[0])
                        for split, n in (("validation", 50), ("test", 80)))
    gains = {strength: steered - control for strength in STRENGTHS
             for steered, control in [called(validation, strength)]}
    strength = max(gains, key=gains.get)
    steered, control = called(test, strength)
    loss = lambda method=None: old_domain_loss(model, tokenizer, method, n_documents=40)
    return {"strength": strength, "before": said(model, tokenizer, test), "steered": steered, "control": control,
            "loss_before": loss(), "loss_steered": loss(steering)}


@steer.judged
def judge_steer(f: Figures) -> Verdict:
    """Holds where most are turned round at hardly any cost; with a limit where fewer are, or old text suffers."""
    because = (f"Of unfavourable reviews the model calls {share(f['before'])} favourable; steered, with the strength "
               f"that validation chose ({f['strength'].mean:.2g}), {share(f['steered'])}; with random vectors as long "
               f"{share(f['control'])} in their mean. The loss on old text goes from {f['loss_before'].mean:.2f} to "
               f"{f['loss_steered'].mean:.2f} nats a token.")
    gain = f["steered"].mean - max(f["before"].mean, f["control"].mean)
    cost = f["loss_steered"].mean - f["loss_before"].mean
    if gain < CLEAR:
        return Verdict(FAILS, because)
    if gain >= MOST and cost < CHEAP:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED, because + " It controls in part, or at a price.")
