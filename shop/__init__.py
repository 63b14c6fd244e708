"""The shop that the platform is shown on."""
