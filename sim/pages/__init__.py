"""What is shown of results: reports and pages, drawn as SVG in one file of HTML each.

Here belongs how figures look and read, with the style sheets. Figures that need statistics come from analysis; pages
that are served live are of dashboards.
"""
