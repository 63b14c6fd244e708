"""Invoices of the UCI Online Retail format, played through the shop.

read ─▶ group ─▶ plan ─▶ prepare ─▶ play ─▶ wait for the deliveries ─▶ check the books ─▶ report
"""
