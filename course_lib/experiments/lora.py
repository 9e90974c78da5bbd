"""LoRA as it is trained in the experiments: where it sits, how wide it is, and the learning rates.

The rates were chosen once, on the validation split with seed 0, each for its own setting: the best of a list, and the
largest where several are. LoRA's rate for the far setting, where the seeds differ most, is the best in the mean of
seeds 0, 1 and 2.
"""
from course_lib.experiments.setting import Arm, Setting, arm
from course_lib.methods import LoRA

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")  # of a block: every matrix
RANK, ALPHA = 4, 8
SHORT = Setting(draw="first", steps=32)
LORA_RATE, FULL_RATE = 3e-3, 5e-4   # chosen from 0.001, 0.003, 0.01 and from 0.00025, 0.0005, 0.001
FAR = Setting("orchard-s-early", draw="first", labels=1000, steps=200)
FAR_LORA_RATES, FAR_FULL_RATES = (0.003, 0.005, 0.01), (0.0005, 0.001, 0.002)
FAR_RATES = 5e-3, 5e-4              # LoRA's and full fine-tuning's, chosen from these


def lora(rate: float = LORA_RATE, rank: int = RANK, scale: float = ALPHA / RANK, targets=MODULES) -> Arm:
    """LoRA on every linear layer of the blocks, or on the `targets`; `scale` is alpha / r, the same for every rank."""
    return arm(LoRA, rate, targets=targets, rank=rank, alpha=scale * rank)
