"""Running what nobody trusts: walls, limits, supervision and proof that they hold. Knows no submission and no trace."""
