"""Planning decides and never writes: plain data in, plan out; no database, no web.

life      how long goods may be used: the one expiry law
allocate  which stock serves which order line, first expired first out
slot      where to put goods away, and why a place may not take them
"""
