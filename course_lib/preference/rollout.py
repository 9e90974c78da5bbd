"""The loop that PPO and GRPO share: draw answers, have them scored, learn from them, and again.

The reward model and the reference read with the base, which no method changes. Shapes: B answers, T tokens, d width.
"""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from tqdm.auto import tqdm

from course_lib.architecture import evaluating
from course_lib.errors import CourseError, whole_number
from course_lib.preference.answers import batch_of, drawn, tokens_of
from course_lib.preference.reward import RewardModel
from course_lib.preference.tokens import answer_log_probabilities, answers_first
from course_lib.training.batches import check_method
from course_lib.training.loop import copied
from course_lib.training.plan import number

FLOOR = -3.0  # the score of what is no answer: three standard deviations below the base's own


@dataclass(frozen=True)
class Rollout:
    """Answers that the policy has drawn, with what is known of them once and for all.

    `old` and `reference` are log probabilities (B, T), `scores` (B,) the reward model's, `states` (B, T, d) the base's
    hidden states where each token was predicted; `mask` (B, T) is true at the answers' tokens.
    """

    batch: dict
    tails: list[list[int]]
    old: torch.Tensor
    reference: torch.Tensor
    mask: torch.Tensor
    scores: torch.Tensor
    states: torch.Tensor

    @property
    def apart(self) -> torch.Tensor:
        """How much likelier each answer is to the policy than to the reference, (B,), in nats; its mean is the KL."""
        return ((self.old - self.reference) * self.mask).sum(1)


class Learner(Protocol):
    """What PPO and GRPO differ in. `group` is how many answers a prompt gets; `advantages` sees a rollout once, and
    `loss(rollout, advantages, new)` is taken at each pass over it, with the log probabilities of now.
    """

    group: int

    def advantages(self, rollout: Rollout) -> torch.Tensor: ...

    def loss(self, rollout: Rollout, advantages: torch.Tensor, new: torch.Tensor) -> torch.Tensor: ...


@torch.no_grad()
def roll(model, tokenizer, method, prompts: Sequence[str], reward: RewardModel, seed: int,
         allowed: set[tuple[int, ...]] | None = None) -> Rollout:
    """An answer to each of the prompts, with its score: FLOOR for one whose tokens are none of those `allowed`."""
    tails = drawn(model, tokenizer, method, prompts, seed)
    batch = batch_of(model, tokenizer, prompts, tails)
    plain = {name: value for name, value in batch.items() if name != "labels"}
    said = model(**plain, output_hidden_states=True)
    hidden = said.hidden_states[-1]                                                            # (B, T, d)
    reference, mask = answer_log_probabilities(said.logits, batch["labels"])
    states, _ = answers_first(hidden[:, -said.logits.shape[1]:-1], batch["labels"])
    ended = torch.tensor([tail[-1] == tokenizer.eos_token_id for tail in tails])
    scores = reward.scores(hidden[torch.arange(len(tails)), torch.where(ended, -2, -1)])
    if allowed is not None:
        scores = torch.where(torch.tensor([tuple(tail) in allowed for tail in tails]), scores, FLOOR)
    with method.on(model):
        old, _ = answer_log_probabilities(method.logits(model, batch), batch["labels"])
    return Rollout(batch, tails, old, reference, mask, scores, states)


def improve(model, tokenizer, method, prompts: Sequence[str], reward: RewardModel, learner: Learner, *,
            allowed: Sequence[str] | None = None, iterations: int = 30, answers: int = 32, passes: int = 2,
            rate: float = 3e-3, seed: int = 0, progress: bool = True,
            watch: Callable[[dict], None] | None = None) -> list[dict[str, float]]:
    """Trains `method` to write answers that the reward model scores higher; the base keeps its bits.

    Args:
        model: the base: the reference, and what the reward model reads with.
        tokenizer: its tokenizer.
        method: the policy, trained in place: a method that changes the model, such as LoRA.
        prompts: what is answered, drawn anew in each iteration.
        reward: the reward model.
        learner: PPO(...) or GRPO(...).
        allowed: the answers that count; any other one is scored FLOOR. None: all count, and what
            the reward model says of texts unlike those it has seen is what is learned from.
        iterations: how often answers are drawn.
        answers: how many are drawn at a time; a multiple of the learner's `group`.
        passes: how often each of these is learned from.
        rate: AdamW's learning rate.
        seed: of the prompts and the answers.
        progress: whether to show a bar.
        watch: called after each iteration with what happened in it.

    Returns:
        Of each iteration {"score", "kl", "tokens"}: means over its answers, before they were
        learned from. The KL is estimated from them.

    Raises:
        CourseError: if the method was not built on this model, if there is no prompt, if a number
            is out of its range, or if a score or the loss is not finite; the method is then what it
            was before.
    """
    check_method(model, method)
    if not prompts:
        raise CourseError("There is no prompt to answer. Give a list of texts.")
    groups = whole_number("answers", answers, learner.group) // learner.group
    number("rate", rate, 1, above=True)
    known = None if allowed is None else {tuple(tail) for tail in tokens_of(tokenizer, allowed)}
    before = copied(method)
    optimizer = torch.optim.AdamW(method.parameters(), lr=rate, weight_decay=0.0)
    generator, history = torch.Generator().manual_seed(seed), []
    try:
        with torch.enable_grad(), evaluating(model):
            for turn in tqdm(range(whole_number("iterations", iterations, 1)), disable=not progress, unit="turn"):
                asked = torch.randint(len(prompts), (groups,), generator=generator).repeat_interleave(learner.group)
                rollout = roll(model, tokenizer, method, [prompts[one] for one in asked], reward, seed + turn,
                               known)
                advantages = learner.advantages(rollout)
                for _ in range(whole_number("passes", passes, 1)):
                    with method.on(model):
                        new, _ = answer_log_probabilities(method.logits(model, rollout.batch), rollout.batch["labels"])
                    step(optimizer, learner.loss(rollout, advantages, new), method)
                history.append({"score": rollout.scores.mean().item(), "kl": rollout.apart.mean().item(),
                                "tokens": rollout.mask.sum(1).float().mean().item()})
                if watch is not None:
                    watch(history[-1])
    except Exception:
        method.load_state_dict(before)
        raise
    return history


def step(optimizer, loss: torch.Tensor, method) -> None:
    """One step down this loss, its gradient clipped to 1; CourseError where the loss is no number."""
    if not torch.isfinite(loss):
        raise CourseError("The loss is not finite any more (nan or inf). Train anew, at a smaller learning rate.")
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(method.parameters(), 1.0)
    optimizer.step()
