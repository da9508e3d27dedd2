"""What is asked of results: scored against the record, compared, traced to values, fitted, explained.

Here belongs a question and its statistics, which return figures and the words for how sure they are. How figures are
shown is of pages and cli; how runs are played for a question is of experiments.
"""
