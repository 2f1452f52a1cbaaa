package main

import (
	"fmt"
	"time"

	"github.com/groupcast/groupcast/cmd/internal/systemd"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// quietEvents are the events that call nobody: any other is an alarm, also one of a
// kind that is not known here.
var quietEvents = map[stream.EventKind]bool{
	stream.First: true, stream.Found: true, stream.Dropped: true, stream.Restart: true, stream.End: true, stream.Back: true,
	stream.CopiesEnded: true, stream.ReflectionEnded: true, stream.StormEnded: true,
	watch.Enough: true, watch.Changed: true, watch.Bulk: true, watch.Paired: true,
}

// say prints a line.
func (c *watchCommand) say(alarm bool, text string) {
	fmt.Fprintf(c.out, "%s%s\n", level(c.out, alarm), text)
}

// clock is the time that a line begins with, and a space. The journal has its own.
func (c *watchCommand) clock(at time.Time) string {
	if level(c.out, false) != "" {
		return ""
	}
	return at.Format(time.TimeOnly) + " "
}

// serve makes the command a service, if systemd asks for one.
func (c *watchCommand) serve() {
	var err error
	c.service, err = systemd.FromEnvironment()
	c.unserved(err)
}

// unserved says what goes wrong between systemd and the watch, which goes on.
func (c *watchCommand) unserved(err error) {
	switch {
	case err == nil:
	case c.onScreen():
		c.remark(err.Error())
	default:
		c.complain(err)
	}
}

// ready says that the groups are joined.
func (c *watchCommand) ready(s watch.Snapshot) {
	text := summaryText(s)
	if c.joinOnly {
		text = joinedGroupsText(s) + ", and not read"
	}
	c.unserved(c.service.Ready(text))
}

// joinedGroupsText is "38 of 40 groups joined".
func joinedGroupsText(s watch.Snapshot) string {
	joined := 0
	for _, g := range s.Groups {
		if len(g.Joined) > 0 {
			joined++
		}
	}
	return fmt.Sprintf("%d of %s joined", joined, manyText(uint64(len(s.Groups)), "group"))
}
