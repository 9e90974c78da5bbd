"""Learning from preferences between two answers: a reward model, PPO, GRPO, DPO, best-of-n, and the exact optimum.

The losses are pure functions of log probabilities and rewards; what they are applied to is said in each file.
"""
from course_lib.lazy import lazily

_HOMES = {"answer_log_probabilities": ".tokens"}
_HOMES |= {"bradley_terry": ".reward", "accuracy_by_margin": ".reward"}
_HOMES |= {"fit_reward": ".reward", "RewardModel": ".reward", "improve": ".rollout", "PPO": ".ppo", "GRPO": ".grpo"}
_HOMES |= {"RLOO": ".grpo", "prefer": ".dpo", "all_answers": ".answers", "closings": ".raters", "Taste": ".raters"}
_HOMES |= {"Rater": ".raters", "reviews_to_close": ".raters"}
_HOMES |= {"dpo_loss": ".dpo", "implicit_rewards": ".dpo"}
_HOMES |= {"gae": ".ppo", "clipped_surrogate": ".ppo", "value_loss": ".ppo", "shaped_rewards": ".ppo"}
_HOMES |= {"group_advantages": ".grpo", "rloo_advantages": ".grpo", "grpo_loss": ".grpo"}
_HOMES |= {"optimum": ".exact", "best_of": ".exact", "divergence": ".exact", "frontier": ".exact",
          "mean_reward": ".exact", "coefficient_for": ".exact", "highest_at": ".exact"}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazily(__name__, _HOMES)
