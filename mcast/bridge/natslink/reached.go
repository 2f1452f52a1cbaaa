package natslink

// Reached says whether the server is reached now.
func (l *link) Reached() bool { return l.client.Reached() }
