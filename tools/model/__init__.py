"""The protocol of a sale as a small model (sale.pml), and its search by spin over every order of its moves."""
