"""Scenarios: read, checked against a schema that is passed in, written, and laid out as arrays by run.

Here belongs the form of a scenario file and of its values. Which values there are is said by who uses them, in the
registry: this room names no actor's and no mechanism's.
"""
