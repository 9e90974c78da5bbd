"""The spam prompt that comes with the course. The command writes data/spam_prompt.safetensors anew:

    .venv/bin/python -m course_lib.experiments.spam_prompt        some minutes

Spam is harder than reviews, for the same words ask for money and warn of it: so there are more labels and more steps.
"""
from pathlib import Path

from course_lib.experiments.run import trained
from course_lib.experiments.setting import Setting
from course_lib.experiments.soft_prompts import starting

SETTING = Setting(task="spam", labels=2000, draw="first", steps=800, batch=8, validation=100, validate_every=100)
ARM = starting("ham spam")  # at the prompt's rate, the better of 1 and 3
FILE = Path(__file__).parent / "data" / "spam_prompt.safetensors"


def main() -> None:
    """Trains the prompt with seed 0, and writes it."""
    trained(SETTING, ARM, 0).method.save(FILE)


if __name__ == "__main__":
    main()
