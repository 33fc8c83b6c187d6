"""PDFs of companies are looked at in processes that may hang, grow or die without harm to the worker."""
