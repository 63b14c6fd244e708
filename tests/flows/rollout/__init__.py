"""Two versions of one piece of code, as a deployment has them side by side."""
