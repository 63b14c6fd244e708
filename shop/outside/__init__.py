"""The one way in which the shop calls other systems."""
