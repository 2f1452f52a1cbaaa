package main

import (
	"context"
	"errors"
	"sync"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// mostAfter is how many lines that came while the screen was there are told after it.
const mostAfter = 20

// screen shows the measurement on a live screen until the user ends it, the time is over
// or a signal comes.
func (c *meshCommand) screen(ctx context.Context) error {
	shown, end := context.WithCancelCause(ctx)
	defer end(nil)
	measuring, stop := context.WithCancel(ctx)
	defer stop()
	var after []chat.Line
	c.hold = &after
	var work sync.WaitGroup
	work.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				end(session.Recovered(r))
			}
		}()
		err := c.measure(measuring)
		if err == nil {
			err = errMeshOver
		}
		end(err)
	})
	inLab, _ := lab.InHost()
	err := tui.RunMesh(shown, c.runs[0], tui.Options{Host: inLab, Suspend: canSuspend(), Theme: c.theme, ASCII: c.drawsASCII()})
	stop()
	work.Wait()
	c.hold = nil
	if len(after) > mostAfter {
		after = after[len(after)-mostAfter:]
	}
	c.lines(c.runs[0], after)
	if errors.Is(err, errMeshOver) || ctx.Err() != nil {
		return nil
	}
	return err
}

var errMeshOver = errors.New("the time is over")
