"""How the claims are measured: a file for each lesson, with functions seed -> figures. Torch comes with them."""
