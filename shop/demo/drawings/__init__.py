"""One function per kind of product, named after the kind; `pictures` finds them by that name."""
