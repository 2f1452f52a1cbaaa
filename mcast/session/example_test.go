package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/identity"
	"github.com/groupcast/groupcast/mcast/session"
)

// A bot is a member of a conversation, with a key for this run alone. It answers "!who".
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	group, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		log.Fatal(err)
	}
	nick, err := frame.Nick("bot")
	if err != nil {
		log.Fatal(err)
	}
	s, err := session.Start(ctx, session.Config{
		Group: group,
		Hops:  1, // 0 would keep all on this host
		Members: &session.MembersConfig{
			Nick: nick, Identity: identity.Ephemeral(), Brief: true,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	answered := map[uint64]bool{} // a line comes again when more is known of it
	for {
		batch, err := s.Next(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return
		}
		if err != nil {
			log.Print(err)
			return
		}
		for _, line := range batch.Lines {
			if line.Kind != chat.Heard || line.Earlier || answered[line.ID] || line.Text.String() != "!who" {
				continue
			}
			answered[line.ID] = true
			var names []string
			for _, m := range s.Snapshot().Members.Members {
				names = append(names, chat.SanitizeString(m.Nick).Row())
			}
			if err := s.Do(ctx, session.Say{Text: "here: " + strings.Join(names, ", ")}); err != nil {
				log.Print(err)
			}
		}
	}
}

// Where a send would leave, and why, before anything is sent.
func ExampleWayOut() {
	group, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		log.Fatal(err)
	}
	list, err := host.Interfaces()
	if err != nil {
		log.Fatal(err)
	}
	choice, err := host.Choose(list, os.Args[1:], group.Addr)
	if err != nil {
		log.Fatal(err)
	}
	way := session.WayOut(group, choice, 0)
	if way.Err != nil {
		log.Fatal(way.Err)
	}
	fmt.Println("leaves by", way.Interface, "from", way.Source, "because", way.Because)
	// The same choice for the send itself: conn.Send(data, group.AddrPort(), via)
	via := mcast.ViaChoice(choice, group.Addr)
	fmt.Println(via.IfIndex, via.Source)
}
