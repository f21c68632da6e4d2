"""What any program of a seller needs to sell: purchases, subscriptions, search, stock, the catalog."""
