"""Pages and cards put together: elements, tables, the parts that every page has, and the document around them."""
