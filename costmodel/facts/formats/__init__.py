"""One format of facts per file; what each defines is :class:`costmodel.facts.facts_format.FactsFormat`."""
