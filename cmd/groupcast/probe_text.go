package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/probe"
)

// jsonProbed is a result as --json prints it. Fields are only added.
type jsonProbed struct {
	jsonHead           // result
	Host     string    `json:"host"` // as it was typed
	Port     uint16    `json:"port"`
	To       string    `json:"to,omitempty"` // its address and port
	Verdict  string    `json:"verdict"`      // answered, refused, unreachable, silent, unresolved
	Because  string    `json:"because"`
	Tries    int       `json:"tries"`            // datagrams that were sent
	RTT      float64   `json:"rtt_ms,omitempty"` // from the last try to what came back
	By       string    `json:"by,omitempty"`     // who answered, or sent the ICMP error
	ICMP     *jsonICMP `json:"icmp,omitempty"`
	Size     int       `json:"size,omitempty"` // bytes of the answer
	Text     string    `json:"text,omitempty"` // its beginning, sanitised
	Data     []byte    `json:"data,omitempty"` // its beginning, byte exact, in base64; 512 bytes at most
	Netcat   string    `json:"netcat"`         // what nc -zu says of it
}

// jsonICMP is the type and code of an ICMP error, or of an ICMPv6 error where
// the address is one of IPv6.
type jsonICMP struct {
	Type int `json:"type"`
	Code int `json:"code"`
}

// jsonProbeTotals is the last object. Fields are only added.
type jsonProbeTotals struct {
	jsonHead        // totals
	Targets     int `json:"targets"`
	Answered    int `json:"answered"`
	Refused     int `json:"refused"`
	Unreachable int `json:"unreachable"`
	Silent      int `json:"silent"`
	Unresolved  int `json:"unresolved"`
	Unknown     int `json:"unknown,omitempty"` // when it was ended
}

// tell prints a result as it comes.
func (p *prober) tell(r probe.Result) {
	name := targetText(r.Target)
	p.verdict[r.Target] = r.Verdict
	if p.set.json {
		writeJSON(p.out, probedObject(r))
		return
	}
	at := ""
	if p.follow {
		at = r.At.Format("15:04:05.000") + "  "
	}
	fmt.Fprintf(p.out, "%s%-*s  %-11s  %s\n", at, p.width, name, r.Verdict, resultText(r))
	if r.Verdict == probe.Silent && !p.hinted {
		p.hinted = true
		p.hint(fmt.Sprintf("silence proves nothing: a service that does not understand the datagram, a firewall and a loss look the same; nc -zu says of it: %s", r.Netcat()))
	}
}

// totals says how many there are of each verdict.
func (p *prober) totals(targets int, counts map[probe.Verdict]int) {
	unknown := targets - len(p.verdict)
	if p.set.json {
		writeJSON(p.out, jsonProbeTotals{
			jsonHead: headOf("totals"), Targets: targets, Answered: counts[probe.Answered], Refused: counts[probe.Refused],
			Unreachable: counts[probe.Unreachable], Silent: counts[probe.Silent], Unresolved: counts[probe.Unresolved], Unknown: unknown,
		})
		return
	}
	if targets > 1 {
		var parts []string
		for _, v := range []probe.Verdict{probe.Answered, probe.Refused, probe.Unreachable, probe.Silent, probe.Unresolved} {
			if counts[v] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
			}
		}
		if unknown > 0 {
			parts = append(parts, fmt.Sprintf("%d not known", unknown))
		}
		p.remark(fmt.Sprintf("%d targets: %s", targets, strings.Join(parts, ", ")))
	}
}

func (p *prober) remark(text string) {
	if !p.set.quiet && !p.set.json {
		fmt.Fprintf(p.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

func (p *prober) hint(text string) {
	if !p.set.quiet && !p.set.json {
		fmt.Fprintf(p.errs, "  hint: %s\n", chat.Clean(text))
	}
}

// targetText is "192.168.8.226:9", "printer:9 (192.168.8.226)", and only
// "printer:9" when that has no address.
func targetText(t probe.Target) string {
	port := strconv.Itoa(int(t.Addr.Port()))
	if !t.Addr.Addr().IsValid() {
		return chat.CleanRow(net.JoinHostPort(t.Host, port))
	}
	if net.ParseIP(t.Host) != nil || t.Addr.Addr().Zone() != "" {
		return addrPortText(t.Addr)
	}
	return chat.CleanRow(fmt.Sprintf("%s (%s)", net.JoinHostPort(t.Host, port), t.Addr.Addr()))
}

// resultText is how a verdict is known, after what time.
func resultText(r probe.Result) string {
	text := chat.CleanRow(r.Because())
	if r.Verdict == probe.Answered && r.Size > 0 {
		text += " " + quoted(r.Answer, r.Size)
	}
	switch {
	case r.RTT >= time.Second:
		text += fmt.Sprintf(", after %.2f s", r.RTT.Seconds())
	case r.RTT > 0:
		text += fmt.Sprintf(", after %.2f ms", milliseconds(r.RTT))
	}
	return text
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quoted is the beginning of an answer of that size, so that a terminal can be
// given it.
func quoted(answer []byte, size int) string {
	const most = 32
	cut := min(len(answer), most)
	for cut < len(answer) && cut > most-utf8.UTFMax && !utf8.RuneStart(answer[cut]) {
		cut--
	}
	text := strconv.Quote(chat.Clean(string(answer[:cut])))
	if cut < size {
		text += "…"
	}
	return text
}

func probedObject(r probe.Result) jsonProbed {
	o := jsonProbed{
		jsonHead: jsonHead{Type: "result", Time: r.At}, Host: chat.Clean(r.Host), Port: r.Addr.Port(),
		Verdict: string(r.Verdict), Because: chat.CleanRow(r.Because()), Tries: r.Tries, RTT: milliseconds(r.RTT),
		By: addrText(r.By), Size: r.Size, Text: chat.Clean(string(r.Answer)), Data: r.Answer, Netcat: r.Netcat(),
	}
	if r.Addr.Addr().IsValid() {
		o.To = addrPortText(r.Addr)
	}
	if r.By.IsValid() && r.Verdict != probe.Answered {
		o.ICMP = &jsonICMP{r.Type, r.Code}
	}
	return o
}
