"""Several processes on one store: which of them are alive, and which of them does which job."""
