"""The one way in which runs are kept: folders, parts, manifests, and what opens them.

Here belongs what a folder of results holds, who may write to it, and when it is no longer valid (digest.py). No
number is made here: what is written comes from play, and what is read is passed on as it is.
"""
