"""Reading class lists as people paste them."""
