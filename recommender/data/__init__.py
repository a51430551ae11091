"""Reading and cleaning interactions and items; Dataset: codes and sequences."""
