"""What is shown of results: reports and pages, drawn as SVG in one file of HTML each."""
