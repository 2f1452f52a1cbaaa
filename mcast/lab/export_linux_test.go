package lab

// Forbidden and NotConfined are for the settings that no test can set.
var (
	Forbidden   = forbidden
	NotConfined = notConfined
)

// HangUp ends the conversation about a command, as the end of the caller's process does.
func HangUp(c *Cmd) { c.process.conn.Close() }
