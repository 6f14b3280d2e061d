"""A simulated Microsoft 365: Entra and Graph as the contract describes them. Shares no code with rollcall."""
