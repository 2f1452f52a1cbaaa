package main

import (
	"errors"
	"fmt"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/history"
)

// remember opens the history.
func (in *membership) remember(file string) error {
	if file == "" {
		return nil
	}
	h, err := history.Open(file)
	if err != nil {
		err = fmt.Errorf("--history %s: %w", chat.CleanRow(file), cause(err))
		if advice := historyHint(err); advice != "" {
			err = &mcast.Advised{Err: err, Advice: advice}
		}
		return err
	}
	in.history, in.config.History = h, h
	o := h.Opened()
	name := chat.CleanRow(file)
	if o.Cut > 0 {
		in.remark(fmt.Sprintf("--history %s: its end was torn, as by a program that was killed: %s cut", name, chat.Count(int(o.Cut), "byte")), "")
	}
	if o.Damaged > 0 {
		in.remark(fmt.Sprintf("--history %s: %s in it are damaged, and passed over", name, chat.Count(int(o.Damaged), "byte")), "")
	}
	if o.Unlocked != nil {
		in.remark(fmt.Sprintf("--history %s: it cannot be locked (%v)", name, cause(o.Unlocked)), "let no other program have it")
	}
	if o.OpenToOthers() {
		in.remark(fmt.Sprintf("--history %s is open to other users of this host (mode %04o)", name, o.Mode.Perm()), "chmod 600 "+shellWord(file))
	}
	return nil
}

func historyHint(err error) string {
	switch {
	case errors.Is(err, history.ErrInUse):
		return "name another file: a history is of one program at a time"
	case isAny(err, history.ErrNoHistory, history.ErrNotRegular, history.ErrTooLarge):
		return "name a new file, or one that --history made"
	}
	return ""
}

// close writes what waits. The errors are those of writing.
func (in *membership) close() (err error) {
	if in.history != nil {
		if e := in.history.Close(); e != nil {
			err = fmt.Errorf("--history %s: %w", chat.CleanRow(in.history.Name()), e)
		}
	}
	if in.pins != nil {
		err = errors.Join(err, in.pins.Close())
	}
	return err
}
