"""The same parcels as in the tests of the flow."""

from tests.flows.conftest import broker, ledger

__all__ = ["broker", "ledger"]
