"""Results as tables and in the formats of other programs.

Here belongs a format that others read, a file each. It reads kept results, and plays runs again only for what is not
kept.
"""
