"""The state of a block of runs, the orders of a day, and what a value or an array is: declared once, on its field.

Here belongs what differs by run and day, how the first evening is set, and sums over it that several rooms read. Why
it changes is of mechanisms; what of it is kept is of record.
"""
