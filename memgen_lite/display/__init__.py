"""What a reader sees and touches: plots and widgets. Only notebooks import it."""
