package mcast

// TrySendBatch is SendBatch that does not wait: when the send buffer is full,
// the error is EAGAIN. Only Linux can be full: elsewhere it is SendBatch.
func (c *Conn) TrySendBatch(list []Outgoing) (n int, err error) { return c.sendBatch(list, true) }
