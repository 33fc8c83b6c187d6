"""How a company's pages look: colours with enforced contrast, and the stylesheet made of them."""
