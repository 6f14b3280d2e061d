"""Django app: what phones register with, the way out to the carrier, and the calls there were.

The switch reads its tables through the views of the schema `sip` (migrations/switch_schema.py).
"""
