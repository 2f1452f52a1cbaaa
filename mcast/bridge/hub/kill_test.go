package hub

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// process is a hub in a process of its own.
type process struct {
	*exec.Cmd
	url string
}

func beginHub(dir, listen string) (*process, error) {
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), dirVariable+"="+dir, listenVariable+"="+listen)
	p.Stderr = os.Stderr
	if _, err := p.StdinPipe(); err != nil { // closed with this process
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("the hub does not begin: %w", err)
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

func (p *process) kill() {
	if p.ProcessState == nil {
		_ = p.Process.Kill()
		_ = p.Wait()
	}
}

// The hub is killed with SIGKILL three times while 500 frames a second are kept: all are
// kept, none twice, and all arrive at another site.
func TestHubIsKilled(t *testing.T) {
	const frames, kills = 2000, 3
	dir := t.TempDir()
	p, err := beginHub(dir, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { p.kill() }()
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	remote, err := Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := remote.InviteAll([]string{"room-1", "room-2"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := openBridge(t, files[0]), openBridge(t, files[1])
	all := make(chan map[uint64]int)
	go func() {
		came := map[uint64]int{}
		for got := range b.Arrivals() {
			if h, err := frame.Parse(got.Parcel.Data); err == nil && !got.Parcel.Earlier { // all are new
				came[h.Number]++
			}
			if len(came) == frames {
				break
			}
		}
		all <- came
	}()
	room := frame.OpenRoom("239.1.2.3:1234")
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	most := 0
	begins := make(chan error, 1)
	for number := uint64(1); number <= frames; number++ {
		// A subject has at most 2,048 frames in the history.
		site := fmt.Sprint(a.site, "/eth", number%2)
		if err := a.Keep(bridge.Parcel{Group: a.group, Site: site, Bridge: a.name, Data: lineOf(t, room, number, "kept")}); err != nil {
			t.Fatal(err)
		}
		most = max(most, a.Keeping().Waiting)
		if number%(frames/(kills+1)) == 0 && number < frames {
			if number > frames/(kills+1) {
				err = <-begins
			}
			if err != nil {
				t.Fatal(err)
			}
			p.kill()
			go func() {
				var err error
				p, err = beginHub(dir, u.Host)
				begins <- err
			}()
		}
		<-tick.C
	}
	if err := <-begins; err != nil {
		t.Fatal(err)
	}
	a.until(func(k bridge.Keeping) bool { return k.Waiting == 0 })
	select {
	case came := <-all:
		if len(came) != frames {
			t.Errorf("at room-2 arrived %d frames of %d", len(came), frames)
		}
	case <-time.After(patience):
		t.Fatal("at room-2 not all arrive")
	}
	if k := a.Keeping(); k != (bridge.Keeping{Kept: frames}) {
		t.Errorf("room-1 keeps %+v", k)
	}
	t.Logf("at most %d were waiting", most)
	p.kill()
	got := stored(t, startHub(t, dir, nil))
	for id, n := range got {
		if n != 1 {
			t.Errorf("%s is in the history %d times", id, n)
		}
	}
	if len(got) != frames {
		t.Errorf("%d frames of %d are in the history", len(got), frames)
	}
}
