"""The simulated outside world: a payment provider, a warehouse, a CRM, an affiliate network and a chat, in one process.

A development tool. It needs neither Django nor a server besides itself, and moves no money and no parcels.
"""
