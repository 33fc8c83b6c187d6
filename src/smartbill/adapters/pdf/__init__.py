"""Bills as PDF: Typst in a process of its own, the codes that machines read, the signs that our fonts have."""
