"""BitFit: only the biases are trained."""
from course_lib.errors import CourseError
from course_lib.methods.base.copies import Copies
from course_lib.promised import names_of


class BitFit(Copies):
    """y = W x + b with W frozen and b trained, everywhere (Ben Zaken et al. 2022, section 3, arXiv:2106.10199).

    The norms' biases are some, too. CourseError for a model without biases, such as Llama.
    """

    def __init__(self, model, num_labels: int | None = None, seed: int = 0):
        super().__init__(model, is_bias, {}, num_labels, seed)
        if not self.names:
            raise CourseError(f"BitFit trains biases, and {type(model).__name__} has none. It can be built on "
                              f"{names_of(lambda one: one.biases)}, for example on load_model('orchard-encoder').")


def is_bias(name: str) -> bool:
    """Whether the parameter of this name is a bias vector."""
    return name.endswith("bias")
