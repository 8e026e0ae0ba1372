"""What would follow if: supposed changes, simulations over time, alternatives to a medicine."""
