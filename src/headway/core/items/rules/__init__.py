"""The rules of QTI: its values and expressions, and template, response and outcome processing made ready to run."""
