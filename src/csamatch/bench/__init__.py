"""``csamatch bench``: look-ups beside the limit of the machine's memory and beside other tools."""
