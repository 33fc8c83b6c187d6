"""PDFs of our own making: ordered when somebody asks, made by a worker, kept like delivered ones."""
