"""Reports and pages of results: one file of HTML each, with charts as SVG.

Here belongs how figures look and read, with the style sheets. Figures that need statistics come from analysis; pages
that are served live are of dashboards.
"""
