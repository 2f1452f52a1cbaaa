package natslink

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// What a server of others does not permit is told: what was published seemed to be carried.
func TestDenied(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		s.stop()
		s.options.NoAuthUser = "bridge"
		s.options.Users = []*server.User{{Username: "bridge", Password: "x", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{"groupcast.v1.d.>"}},
		}}}
		s.start()
		var denied atomic.Pointer[string]
		c := dialed(t, Config{Site: "room-1", InProcess: s, Alone: true, Denied: func(err error) {
			text := err.Error()
			denied.Store(&text)
		}})
		l := linked(t, c, group)
		check(t, l.Publish(bridge.Message{Group: group, Site: "room-1", Bridge: bridge.NewName(), Seq: 1, Data: []byte("hello")}))
		time.Sleep(time.Second)
		if text := denied.Load(); text == nil || !strings.Contains(*text, "groupcast.v1.d."+groupToken(group)+".room-1._") {
			t.Errorf("told: %v", text)
		}
		check(t, l.Close(), c.Close())
	})
}
