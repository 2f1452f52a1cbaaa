// A node program chooses no buffer. node reads each datagram into one of 65,536 bytes,
// which is enough for every datagram of IPv4, and hands over all of it.
