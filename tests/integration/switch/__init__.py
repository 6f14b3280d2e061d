"""The switch as a part of the service: real Kamailio, real rtpengine."""
