"""Proximal policy optimisation on the tokens of answers: who did better than expected becomes more probable.

Shapes: B answers, T tokens; `mask` (B, T) is true at an answer's tokens, whose first stands at 0, and false behind.
"""
import torch

from course_lib.errors import CourseError


def shaped_rewards(scores: torch.Tensor, policy: torch.Tensor, reference: torch.Tensor, mask: torch.Tensor,
                   beta: float) -> torch.Tensor:
    """The reward of each token, (B, T): its own share of the KL penalty, and the answer's score at the last one.

    -beta (log pi - log pi_ref) at every token, with the log probabilities `policy` and `reference`
    (B, T) as they were when the answer was written; `scores` (B,) are the reward model's. Ouyang et
    al. 2022, equation 2 (arXiv:2203.02155).
    """
    check_mask(mask, policy, reference)
    rewards = -beta * (policy - reference) * mask
    last = mask.sum(1) - 1                                                                   # (B,)
    return rewards.scatter_add(1, last[:, None], scores[:, None].to(rewards))


def gae(rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, gamma: float = 1.0,
        lam: float = 0.95) -> tuple[torch.Tensor, torch.Tensor]:
    """(advantages, returns), each (B, T): how much better each token did than the value model expected.

    delta_t = r_t + gamma V_{t+1} - V_t and A_t = delta_t + gamma lam A_{t+1}, where V and A are 0
    behind the last token; returns are A + V. Both are detached: what is expected is no way to
    improve. Schulman et al. 2016, equations 11 to 16 (arXiv:1506.02438).
    """
    check_mask(mask, rewards, values)
    rewards, values = (rewards * mask).detach(), (values * mask).detach()
    advantages, later = torch.zeros_like(rewards), torch.zeros_like(rewards[:, 0])
    for t in reversed(range(rewards.shape[1])):
        after = values[:, t + 1] if t + 1 < rewards.shape[1] else torch.zeros_like(later)
        later = (rewards[:, t] + gamma * after - values[:, t] + gamma * lam * later) * mask[:, t]
        advantages[:, t] = later
    return advantages, advantages + values


def clipped_surrogate(new: torch.Tensor, old: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor,
                      epsilon: float = 0.2) -> torch.Tensor:
    """-min(ratio A, clip(ratio, 1 - epsilon, 1 + epsilon) A), the mean over the answers' tokens: ().

    ratio = exp(new - old), of a token's probability now and when it was written. The smaller of the
    two is taken, so that going further than epsilon brings nothing, and going back always counts.
    Schulman et al. 2017, equation 7 (arXiv:1707.06347). Advantages (B, T) are constants.
    """
    check_mask(mask, new, old, advantages)
    ratio, constant = (new - old).exp(), advantages.detach()
    gained = torch.minimum(ratio * constant, ratio.clamp(1 - epsilon, 1 + epsilon) * constant)
    return -(gained * mask).sum() / mask.sum()


def value_loss(values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Half the squared distance of what was expected and what came, the mean over the answers' tokens: ()."""
    check_mask(mask, values, returns)
    return ((values - returns.detach()).square() * mask).sum() / mask.sum() / 2


class PPO:
    """PPO as a learner of `improve`: one answer a prompt, and a value model, a line through the base's hidden state.

    `beta` is the KL coefficient, in units of the reward a nat. Ouyang et al. 2022, section 3.5 (arXiv:2203.02155).
    """

    group = 1

    def __init__(self, width: int, beta: float = 0.1, epsilon: float = 0.2, lam: float = 0.95):
        self.beta, self.epsilon, self.lam = beta, epsilon, lam
        self.value = torch.nn.Linear(width, 1)
        torch.nn.init.zeros_(self.value.weight)
        torch.nn.init.zeros_(self.value.bias)
        self.optimizer = torch.optim.AdamW(self.value.parameters(), lr=1e-2, weight_decay=0.0)

    def advantages(self, rollout) -> torch.Tensor:
        """By GAE, (B, T), less their mean, over their standard deviation; then the value model learns the returns."""
        rewards = shaped_rewards(rollout.scores, rollout.old, rollout.reference, rollout.mask, self.beta)
        values = self.value(rollout.states)[:, :, 0]                                           # (B, T)
        advantages, returns = gae(rewards, values, rollout.mask, lam=self.lam)
        for _ in range(4):
            self.optimizer.zero_grad()
            value_loss(self.value(rollout.states)[:, :, 0], returns, rollout.mask).backward()
            self.optimizer.step()
        each = advantages[rollout.mask]
        return (advantages - each.mean()) / (each.std() + 1e-6)

    def loss(self, rollout, advantages: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """The clipped surrogate, ()."""
        return clipped_surrogate(new, rollout.old, advantages, rollout.mask, self.epsilon)


def check_mask(mask: torch.Tensor, *others: torch.Tensor) -> None:
    """CourseError where a mask marks no tokens of answers from their first one on, or does not go with the others."""
    if any(other.shape != mask.shape for other in others):
        raise CourseError(f"The mask is {tuple(mask.shape)}, and it belongs to {[tuple(one.shape) for one in others]}: "
                          "all are (answers, tokens).")
    if mask.dtype != torch.bool or not mask.numel() or not mask[:, 0].all() or (mask[:, 1:] & ~mask[:, :-1]).any():
        raise CourseError("A mask is true at the tokens of an answer, of which there is at least one, and false behind "
                          "them. An empty answer has no token that could be learned from: leave it out.")
