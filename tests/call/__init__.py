"""Calls over a real switch: Kamailio and rtpengine, with phones that speak SIP by hand."""
