"""The state of a block of runs, the orders of a day, and what a value or an array is: declared once, on its field."""
