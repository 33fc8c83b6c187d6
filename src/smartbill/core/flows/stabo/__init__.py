"""STABO v1, the agreed flow format: header 00, documents 10 to 60, trailer 99; delimited (D) or fixed width (F)."""
