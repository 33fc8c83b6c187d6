"""FatturaPA, the Italian e-invoice (schemas 1.2.x), as a flow of bills (flow format, 8.4)."""
