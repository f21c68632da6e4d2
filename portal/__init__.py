"""The seller's portal: web pages for travelers and operators, and a REST API, over the workflows."""
