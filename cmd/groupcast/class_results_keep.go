package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
)

// resultsEvery is the least time between two writes of results, and resultsLook between two
// looks at a class where little has changed.
const (
	resultsEvery = time.Minute
	resultsLook  = time.Second
)

// resultsKeeper keeps the results of a class in a file, from its beginning to its end.
type resultsKeeper struct {
	file *resultsFile
	errs io.Writer
	told bool  // that they could not be kept
	last error // of the last time
}

// keeps opens the file of --results. nil: there is none.
func (r *classRun) keeps(errs io.Writer) (*resultsKeeper, error) {
	if r.resultsTo == "" {
		return nil, nil
	}
	f, err := openResults(r.resultsTo)
	if err != nil {
		return nil, err
	}
	return &resultsKeeper{file: f, errs: errs}, nil
}

// discard removes the file of a class that did not begin, or that nobody came to.
func (k *resultsKeeper) discard() {
	if k == nil {
		return
	}
	if now, err := os.Lstat(k.file.name); err == nil && k.file.isOwn(now) {
		os.Remove(k.file.name)
	}
}

// classResults is what a keeper of results needs of a class.
type classResults interface {
	Changed() <-chan struct{}
	Results() []class.Result
}

// follow keeps the results when they have changed, once a minute at most, until end, which
// keeps them for the last time, of a class that is over, and reports whether that worked.
func (k *resultsKeeper) follow(c classResults) (end func() bool) {
	if k == nil {
		return func() bool { return true }
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for going := true; going; {
			changed := c.Changed()
			rest := resultsLook
			if k.keep(c.Results()) {
				rest = resultsEvery
			}
			pause := time.NewTimer(rest)
			select {
			case <-pause.C:
				select {
				case <-changed:
				case <-stop:
					going = false
				}
			case <-stop:
				pause.Stop()
				going = false
			}
		}
		if list := c.Results(); len(list) > 0 {
			k.keep(list)
		} else {
			k.discard() // so that the next class can have the name
		}
	}()
	return func() bool {
		close(stop)
		<-stopped
		return k.last == nil
	}
}

// keep writes them, and reports whether that was needed. That it cannot is said once, and
// the class goes on.
func (k *resultsKeeper) keep(list []class.Result) (written bool) {
	written, k.last = k.file.write(list)
	if k.last == nil {
		k.told = false
		return written
	}
	if k.told {
		return true
	}
	k.told = true
	advice := "groupcast class results --csv FILE writes them while the class runs"
	if errors.Is(k.last, errReplaced) {
		advice = "it is left alone; " + advice
	}
	complain(k.errs, &mcast.Advised{
		Err: fmt.Errorf("--results %s: the results are not kept, and the class goes on: %w", chat.CleanRow(k.file.name), k.last), Advice: advice,
	})
	return true
}
