"""Extensions: who can be dialled, and what the PBX shows of them."""
