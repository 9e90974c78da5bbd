"""Direct preference optimisation: the policy is trained on the pairs themselves, without a reward model.

Shapes: n pairs. A log probability is that of a whole answer: the sum over its tokens, and over no token of the prompt.
"""
from collections.abc import Callable, Sequence
from itertools import islice

import torch
from torch.nn.functional import logsigmoid
from tqdm.auto import tqdm

from course_lib.architecture import evaluating
from course_lib.errors import CourseError, whole_number
from course_lib.preference.answers import batch_of, tokens_of
from course_lib.preference.reward import check_pairs
from course_lib.preference.rollout import step
from course_lib.preference.tokens import answer_log_probabilities
from course_lib.training.batches import check_method
from course_lib.training.loop import copied
from course_lib.training.plan import make_plan, number


def implicit_rewards(policy: torch.Tensor, reference: torch.Tensor, beta: float) -> torch.Tensor:
    """beta (log pi - log pi_ref), (n,): the reward under which this policy would be the optimum, up to a constant."""
    check_pairs(policy, reference)
    return beta * (policy - reference)


def dpo_loss(chosen: torch.Tensor, rejected: torch.Tensor, reference_chosen: torch.Tensor,
             reference_rejected: torch.Tensor, beta: float = 0.1) -> torch.Tensor:
    """-log sigmoid(beta (log pi/pi_ref of chosen - log pi/pi_ref of rejected)), the mean over pairs.

    The loss of Bradley and Terry with the policy's own reward in it. The reference is the model as
    it was; nothing is learned about it. Rafailov et al. 2023, equation 7 (arXiv:2305.18290).

    Args:
        chosen: the policy's log probabilities of the preferred answers, (n,), in nats.
        rejected: those of the others.
        reference_chosen: the reference's log probabilities of the preferred answers, (n,).
        reference_rejected: those of the others.
        beta: how closely the policy is held to the reference, above 0.

    Returns:
        The loss, ().

    Raises:
        CourseError: if these do not pair up, or are not finite.
    """
    check_pairs(chosen, rejected)
    better = implicit_rewards(chosen, reference_chosen, beta)
    worse = implicit_rewards(rejected, reference_rejected, beta)
    return -logsigmoid(better - worse).mean()


def prefer(model, tokenizer, method, prompts: Sequence[str], chosen: Sequence[str], rejected: Sequence[str], *,
           beta: float = 0.1, steps: int = 40, pairs: int = 16, rate: float = 1e-3, seed: int = 0,
           progress: bool = True, watch: Callable[[dict], None] | None = None) -> list[dict[str, float]]:
    """Trains `method` by DPO on these pairs, pair i being two answers to prompts[i]; the base is the reference.

    Args:
        model: the base, which keeps its bits.
        tokenizer: its tokenizer.
        method: the policy, trained in place.
        prompts: a prompt for each pair.
        chosen: the preferred answer of each.
        rejected: the other one.
        beta: how closely the policy is held to the reference.
        steps: how many steps are taken.
        pairs: how many are learned from in a step.
        rate: AdamW's learning rate.
        seed: of their order.
        progress: whether to show a bar.
        watch: called after each step with what happened in it.

    Returns:
        Of each step {"loss", "chosen", "rejected"}: how far the log probability of the chosen and
        the rejected answers has moved from the reference's, the mean over its pairs, in nats.

    Raises:
        CourseError: if the lists do not pair up, if a pair is twice the same answer, if a number is
            out of its range, or if the loss is not finite; the method is then what it was before.
    """
    check_method(model, method)
    if not len(prompts) == len(chosen) == len(rejected) > 0:
        raise CourseError(f"A pair is a prompt and two answers; you gave {len(prompts)} prompts, {len(chosen)} chosen "
                          f"and {len(rejected)} rejected answers.")
    same = [place for place, (one, other) in enumerate(zip(chosen, rejected)) if one.strip() == other.strip()]
    if same:
        raise CourseError(f"Pair {same[0]} is twice the same answer, so nothing is preferred. Leave it out.")
    number("rate", rate, 1, above=True)
    whole_number("pairs", pairs, 1)
    plan = make_plan(len(prompts), epochs=1, learning_rate=rate, seed=seed, steps=steps, batch_size=pairs, warm_up=0.0,
                     weight_decay=0.0, clip=1.0, validate_every=None, patience=None)
    before = copied(method)
    optimizer = torch.optim.AdamW(method.parameters(), lr=rate, weight_decay=0.0)
    tails, history = [tokens_of(tokenizer, part) for part in (chosen, rejected)], []
    try:
        with torch.enable_grad(), evaluating(model):
            batches = islice(plan.batches(len(prompts)), plan.steps)
            for rows in tqdm(batches, total=plan.steps, disable=not progress, unit="step"):
                batch = batch_of(model, tokenizer, [prompts[row] for row in rows] * 2,
                                 [part[row] for part in tails for row in rows])
                with torch.no_grad():
                    plain = {name: value for name, value in batch.items() if name != "labels"}
                    reference = answer_log_probabilities(model(**plain).logits, batch["labels"])[0].sum(1)
                with method.on(model):
                    policy = answer_log_probabilities(method.logits(model, batch), batch["labels"])[0].sum(1)
                (better, worse), (was_better, was_worse) = policy.chunk(2), reference.chunk(2)
                loss = dpo_loss(better, worse, was_better, was_worse, beta)
                step(optimizer, loss, method)
                history.append({"loss": loss.item(), "chosen": (better - was_better).mean().item(),
                                "rejected": (worse - was_worse).mean().item()})
                if watch is not None:
                    watch(history[-1])
    except Exception:
        method.load_state_dict(before)
        raise
    return history
