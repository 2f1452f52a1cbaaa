package main

import (
	"fmt"
	"slices"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/watch"
)

// remarkOn says what of the groups will not work as one may think.
func (c *watchCommand) remarkOn(s watch.Snapshot) {
	for _, g := range s.Groups {
		if text := notByUDP(g.Target.Group); text != "" {
			c.remark(text)
		}
	}
}

// begin says what is watched, and what is not.
func (c *watchCommand) begin(s watch.Snapshot) {
	var on []string
	joined := 0
	for _, g := range s.Groups {
		if c.set.json {
			o := jsonWatchJoined{jsonHead: headOf("joined"), Group: chat.Clean(g.Target.Group.String()), Name: chat.CleanRow(g.Name), Interfaces: cleanAll(g.Joined), ReadBuffer: s.ReadBuffer}
			if g.Err != nil {
				o.Error = chat.CleanRow(g.Err.Error())
			}
			writeJSON(c.out, o)
		}
		if g.Err != nil && !c.set.json {
			c.complain(g.Err)
		}
		if len(g.Joined) > 0 {
			joined++
		}
		for _, name := range g.Joined {
			if !slices.Contains(on, chat.Clean(name)) {
				on = append(on, chat.Clean(name))
			}
		}
	}
	what := "watching"
	if c.joinOnly {
		what = "joined and not read:"
	}
	c.remark(fmt.Sprintf("%s %s on %s; ctrl+c ends it", what, chat.Count(joined, "group"), chat.ShortList(on)))
}

// sayMetrics says where the metrics are, and who can read them.
func (c *watchCommand) sayMetrics() {
	url := c.metrics.url()
	switch {
	case url == "":
	case c.set.json:
		writeJSON(c.out, jsonWatchMetrics{jsonHead: headOf("metrics"), URL: url, Others: c.metrics.toOthers()})
	case c.metrics.toOthers():
		c.remark("metrics on " + url + ": other hosts can read them")
	default:
		c.remark("metrics on " + url)
	}
}

// complain says what goes wrong while the watch goes on.
func (c *watchCommand) complain(err error) { complain(c.errs, err) }

// remark says something that is worth knowing: in a line, or as an event of the
// screen, which covers what was written before it.
func (c *watchCommand) remark(text string) {
	if c.onScreen() {
		c.first = append(c.first, text)
		return
	}
	if !c.set.quiet && !c.set.json {
		fmt.Fprintf(c.errs, "%sgroupcast: %s\n", level(c.errs, false), chat.Clean(text))
	}
}
