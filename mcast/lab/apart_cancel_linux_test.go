package lab_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/groupcast/groupcast/mcast/lab"
)

func init() { programs["front that changes its mind"] = cancelled }

// cancelled cancels a lab before it is built, and while it is, after each of the first
// hosts; and closes one that is up. Nothing may be left, no goroutine either.
func cancelled() error {
	topology, err := lab.FindTopology("classroom", 30)
	if err != nil {
		return err
	}
	for hosts := range 4 {
		ctx, cancel := context.WithCancel(context.Background())
		if hosts == 0 {
			cancel()
		}
		watching := make(chan struct{})
		go func() {
			defer close(watching)
			for tick := time.NewTicker(time.Millisecond); ctx.Err() == nil; <-tick.C {
				if below := children(os.Getpid()); len(below) > 0 && len(children(below[0])) >= hosts {
					cancel()
				}
			}
		}()
		a, err := lab.UpApart(ctx, topology, 2000)
		if err == nil && hosts > 0 { // it was up before this was noticed
			err = ctx.Err()
			a.Close()
		}
		left := children(os.Getpid())
		cancel()
		<-watching
		if err != nil && !errors.Is(err, context.Canceled) || hosts == 0 && err == nil || len(left) > 0 {
			return fmt.Errorf("cancelled with %d hosts: %v, and %v are left", hosts, err, left)
		}
	}
	topology.Hosts = topology.Hosts[:2]
	a, err := lab.UpApart(context.Background(), topology, 2000)
	if err != nil {
		return err
	}
	c := shellInSeat(context.Background(), a, "H1", lab.Confinement{}, "sleep 1000")
	if err := c.Start(); err != nil {
		return err
	}
	a.Close()
	if left := children(os.Getpid()); len(left) > 0 {
		return fmt.Errorf("after Close %v are left", left)
	}
	if err := c.Wait(); err == nil {
		return errors.New("the command in a seat has ended well")
	}
	if _, err := a.Counters(); !errors.Is(err, lab.ErrNotRunning) {
		return fmt.Errorf("after Close: %w, want ErrNotRunning", err)
	}
	a.Close() // once more
	return goleak.Find()
}

// children lists those of a process, by each of its threads.
func children(pid int) (all []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		b, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(b)) {
			n, _ := strconv.Atoi(child)
			all = append(all, n)
		}
	}
	return all
}

func TestUpApartIsCancelled(t *testing.T) {
	t.Parallel()
	if out, err := testProgram("front that changes its mind").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
