"""The platform's face: the home page with live figures, and the documentation."""
