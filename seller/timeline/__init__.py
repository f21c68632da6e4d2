"""The timeline of a sale or an eSIM: the events that Temporal keeps of its runs, turned into facts in words.

Everything here is told from histories, which the server has: no worker has to answer.
"""
