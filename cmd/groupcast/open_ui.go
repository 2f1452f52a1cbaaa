package main

import (
	"context"
	"sync"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/record/browse"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// screen shows a recording until the user quits.
func (o *openCommand) screen(ctx context.Context) error {
	book, err := browse.New(o.file)
	if err != nil {
		return o.opened(err)
	}
	shown, end := context.WithCancelCause(ctx)
	defer end(nil)
	var work sync.WaitGroup
	for _, do := range []func(context.Context){book.Survey, book.Serve} {
		work.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					end(session.Recovered(r))
				}
			}()
			do(shown)
		})
	}
	inLab, _ := lab.InHost()
	err = tui.RunRecording(shown, book, o.name(), o.filter, tui.Options{Host: inLab, Theme: o.theme, ASCII: o.ascii || !speaksUTF8()})
	end(nil)
	work.Wait()
	if t := book.Snapshot().Totals; err == nil && t.Done && t.Datagrams == 0 {
		return o.nothing(t, 0)
	}
	return err
}
