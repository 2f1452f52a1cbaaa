package lab

import "net"

// Forbidden and NotConfined are for the settings that no test can set.
var (
	Forbidden   = forbidden
	NotConfined = notConfined
)

// HangUp ends the conversation about a command, as the end of the caller's process does.
func HangUp(c *Cmd) { c.process.conn.Close() }

// Call begins a conversation with a lab's process, as any method of Remote does.
func (a *Apart) Call() (*net.UnixConn, error) { return a.dial() }

// Hear lets its process hear a message where it takes calls.
func (a *Apart) Hear(message []byte) error {
	_, err := a.control.Write(message)
	return err
}

// NowInParts is Now, in parts of about so many bytes.
func NowInParts(l *Lab, room int) (parts []Now, err error) {
	for next := 0; ; {
		now, after, err := l.part(next, room)
		if err != nil {
			return nil, err
		}
		parts = append(parts, now)
		if after <= next {
			return parts, nil
		}
		next = after
	}
}
