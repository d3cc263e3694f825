"""Labels: draws what is printed. Nothing is printed yet; the codes it will draw are made by `scanner.barcode`."""
