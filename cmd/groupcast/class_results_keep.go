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

// resultsEvery is how often results are kept, if they have changed.
const resultsEvery = time.Minute

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

// discard removes the file of a class that did not begin.
func (k *resultsKeeper) discard() {
	if k == nil {
		return
	}
	if now, err := os.Lstat(k.file.name); err == nil && k.file.isOwn(now) {
		os.Remove(k.file.name)
	}
}

// follow keeps the results now and then, until end, which keeps them for the last time, of
// a class that is over, and reports whether that worked.
func (k *resultsKeeper) follow(c *class.Class) (end func() bool) {
	if k == nil {
		return func() bool { return true }
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		every := time.NewTicker(resultsEvery)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				k.keep(c.Results())
			case <-stop:
				k.keep(c.Results())
				return
			}
		}
	}()
	return func() bool {
		close(stop)
		<-stopped
		return k.last == nil
	}
}

// keep writes them. That it cannot is said once, and the class goes on.
func (k *resultsKeeper) keep(list []class.Result) {
	if k.last = k.file.write(list); k.last == nil {
		k.told = false
		return
	}
	if k.told {
		return
	}
	k.told = true
	advice := "groupcast class results --csv prints them while the class runs"
	if errors.Is(k.last, errReplaced) {
		advice = "it is left alone; " + advice
	}
	complain(k.errs, &mcast.Advised{
		Err: fmt.Errorf("--results %s: the results are not kept, and the class goes on: %w", chat.CleanRow(k.file.name), k.last), Advice: advice,
	})
}
