"""The figures of Stat. ticket: pure sums and shares over facts."""
