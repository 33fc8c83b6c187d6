"""What a customer does by the link: open the bill, save it, keep its due date."""
