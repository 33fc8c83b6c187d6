"""The texts that customers get: a company's words and look, compiled once, filled in for each bill.

`EmailDesign(...)` is made once per batch, language and settings version; `design.render(facts)` is cheap (joins pieces
of text). What comes from a bill is never read as template or HTML.
"""
