package main

import (
	"fmt"
	"io"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
)

// classPrinter prints what happens in a class. No token of a seat is among it.
type classPrinter struct {
	out         io.Writer
	json, quiet bool
}

// The objects of a class as --json prints them. Fields are only added.
type (
	jsonClassReady struct {
		jsonHead              // ready
		Name         string   `json:"name"`
		Students     string   `json:"students"` // the URL of the page that students open
		URLs         []string `json:"urls"`     // the same by each address of this computer
		Code         string   `json:"code"`     // what students type
		Seats        int      `json:"seats"`    // how many
		Milliseconds int64    `json:"ms"`       // that building the LAN took
	}
	jsonClassEvent struct {
		jsonHead        // joined, left, freed, reset, ended, locked, unlocked, guessed, lab-ended
		Seat     string `json:"seat,omitempty"` // the name of its host
		Name     string `json:"name,omitempty"` // of who sits there
		Text     string `json:"text,omitempty"`
	}
)

// ready says where students find the class.
func (p *classPrinter) ready(r *classRun, took time.Duration) {
	if p.json {
		writeJSON(p.out, jsonClassReady{headOf("ready"), r.name, r.urls[0], r.urls, r.class.Code(), r.cfg.Seats, took.Milliseconds()})
		return
	}
	if !p.quiet {
		reach := "plain http: this network can read along"
		if r.at.Addr().IsLoopback() {
			reach = "only this computer reaches it (--listen :8080: the network does)"
		}
		fmt.Fprintf(p.out, "class: %s, %s; ready in %d ms; %s\n", r.name, chat.Count(r.cfg.Seats, "seat"), took.Milliseconds(), reach)
	}
	for _, url := range r.urls {
		fmt.Fprintf(p.out, "students  %s    code %s\n", url, r.class.Code())
	}
}

// event tells what happened.
func (p *classPrinter) event(e class.Event) {
	switch {
	case p.json:
		writeJSON(p.out, jsonClassEvent{jsonHead{Type: e.Kind, Time: e.At}, e.Host, chat.CleanRow(e.Name), chat.CleanRow(e.Text)})
	case !p.quiet && !(e.Kind == "left" && e.Text != ""): // all leave at the end of a class
		fmt.Fprintf(p.out, "%s %s\n", e.At.Local().Format(eventTime), chat.CleanRow(eventText(e)))
	}
}

// over says that the class ends, which takes a while.
func (p *classPrinter) over(at time.Time) {
	if !p.json && !p.quiet {
		fmt.Fprintf(p.out, "%s the class is over\n", at.Local().Format(eventTime))
	}
}

// eventTime is how a time is printed before what happened.
const eventTime = "15:04"

func eventText(e class.Event) string {
	who := e.Host
	if e.Name != "" {
		who += " " + e.Name
	}
	switch {
	case e.Kind == "joined" && e.Text != "":
		return who + " is back"
	case e.Kind == "joined":
		return who + " sits down"
	case e.Kind == "left":
		return who + " leaves"
	case e.Kind == "freed":
		return fmt.Sprintf("%s loses the seat: %s", who, e.Text)
	case e.Kind == "reset":
		return who + ": reset"
	case e.Kind == "ended":
		return fmt.Sprintf("%s: no program runs now: %s", who, e.Text)
	case e.Kind == "locked":
		return "locked: nobody is let in"
	case e.Kind == "unlocked":
		return "unlocked: who has the code is let in"
	}
	return e.Text
}
