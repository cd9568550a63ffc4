"""What a retraining is judged by and what is kept of it: the reference pictures, the gate, the report."""
