"""Planning decides and never writes: plain data in, plan out; no database, no web.

life      how long goods may be used: the one expiry law
allocate  which stock serves which order line, first expired first out
route     in which order to walk to the stops, and how far that is
frontier  the shortest tour through parallel aisles, exactly
improve   a short tour where the exact one would take too long
walk      walking order from addresses alone
slot      where to put goods away, and why a place may not take them
carton    which carton a packed order fits into
"""
