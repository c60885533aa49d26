"""Several processes on one store: which of them are alive, and which does which job."""
