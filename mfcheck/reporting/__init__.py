"""The pages of a run: report.md, report.html and the table in the terminal, all read off one typed report."""
