"""Counting: from what every stage wrote to the rows that searches and statistics read."""
