"""Full fine-tuning: every parameter of the model is trained."""
from course_lib.methods.base.copies import Copies


class FullFineTuning(Copies):
    """min over theta of the loss, starting at the base's own theta: nothing is added, nothing is kept still.

    It trains copies, so the base keeps its bits: outside of `on` the model is what it was.
    """

    def __init__(self, model, num_labels: int | None = None, seed: int = 0):
        super().__init__(model, lambda name: True, {}, num_labels, seed)
