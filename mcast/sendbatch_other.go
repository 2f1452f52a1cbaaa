//go:build !linux

package mcast

// batcher has nothing to keep here.
type batcher struct{}

// SendBatch sends datagrams one by one as Send does. It returns how many were
// sent; if that is n and less than all of them, the error is about list[n], and
// the ones after it can be sent still. It waits as Send does.
func (c *Conn) SendBatch(list []Outgoing) (n int, err error) {
	for i := range list {
		if err := c.Send(list[i].Data, list[i].To, list[i].Via); err != nil {
			return i, err
		}
	}
	return len(list), nil
}
