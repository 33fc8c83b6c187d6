"""What a payment slip carries: code lines, texts of QR and Data Matrix codes, check digits. Drawn elsewhere."""
