"""One sign of something forbidden per file, named as the rule's ``kind``: a :class:`..sign.Sign`."""
