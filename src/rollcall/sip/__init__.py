"""SIP without Django: addresses, digests, and what Kamailio and rtpengine are told."""
