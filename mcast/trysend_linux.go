package mcast

// TrySendBatch is [Conn.SendBatch] without waiting: when the send buffer is full,
// the error is EAGAIN. Linux only; elsewhere it is SendBatch, which waits.
func (c *Conn) TrySendBatch(list []Outgoing) (n int, err error) { return c.sendBatch(list, true) }
