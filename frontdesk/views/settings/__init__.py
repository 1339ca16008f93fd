"""Set-up in the product: one module a page, a manager's all of them."""
