"""The loops on a real store, with a clock in the hand."""
