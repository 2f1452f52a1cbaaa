// node has no call for IP_RECVERR. A program connects its socket instead: then the error
// ECONNREFUSED says that a port is closed (see refused). It does not say which host or
// router reports that.
