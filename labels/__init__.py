"""Labels: what is printed, from facts to paper.

location, item, unit, shipment, card    facts -> Label, whole dots for one medium (`parts`)
proof.prove(label)                      reads it back with both engines, or refuses
picture, pdf, zpl                       the same Label for screens, paper and label printers
"""
