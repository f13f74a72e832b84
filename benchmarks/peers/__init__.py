"""The other ways to save and restore the three states, each as its own users would write it.

A peer holds an object, as vmsgen does; what is timed is one statement over that object. Where the format allows it
a peer writes VMState's bytes. Peers check only what steers their parsing (the payload's count, the subsection's
header); vmsgen also checks every declared range, so the comparison leans towards the peers.
"""
