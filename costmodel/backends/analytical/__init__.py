"""The embedded engine: Timeloop's own arithmetic, with the proven optimum or the course's search."""
