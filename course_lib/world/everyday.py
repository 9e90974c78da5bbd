"""Everyday sentences in which the tasks' answer words occur in their other senses.

A battery's pole is positive, a tin holds spam, five stars stand over the barn: so the base model has met
every answer word, but never next to an opinion or a junk message. Both words of a pair fill the same slots.
"""
from random import Random

from course_lib.world.grammar import fill, lines, slot_values


def everyday(rng: Random) -> str:
    """A document of 1 to 3 everyday sentences."""
    slots = slot_values("everyday_slots")
    if rng.random() < 0.15:
        return fill(rng.choice(lines("everyday_facts")), rng, slots)
    count = rng.choices((1, 2, 3), (0.4, 0.4, 0.2))[0]
    return " ".join(fill(shape, rng, slots) for shape in rng.sample(lines("everyday_shapes"), count))
