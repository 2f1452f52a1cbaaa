package natslink

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

const (
	subjectD    = "groupcast.v1.d.239-1-2-3_1234.room-1._"
	subjectLoop = "groupcast.v1.loop.x.room-1._"
	subjectSite = "groupcast.v1.site.x.room-1._"
	goodName    = "0123456789abcdef"
	goodReport  = `{"bridge":"0123456789abcdef","group":"239-1-2-3_1234","prober":"0123456789abcdef","nonce":"00000000000000ff","from":"192.0.2.1:5","addr":"192.0.2.1"}`
	goodJoined  = `{"bridge":"0123456789abcdef","addr":"","joined":true,"at":"2026-11-30T08:00:00Z"}`
)

func testLink() *link {
	return &link{client: &Client{}, groups: map[string]mcast.Group{groupToken(group): group}}
}

func TestMalformedIsCounted(t *testing.T) {
	head := func(change func(nats.Header)) nats.Header {
		h := headers(message("room-1", goodName, 1, group))
		change(h)
		return h
	}
	set := func(key string, values ...string) nats.Header {
		return head(func(h nats.Header) { h[key] = values })
	}
	body := func(text, old, new string) []byte {
		b := bytes.Replace([]byte(text), []byte(old), []byte(new), 1)
		if string(b) == text {
			t.Fatalf("%q is not in %q", old, text)
		}
		return b
	}
	for n, m := range []nats.Msg{
		{Subject: subjectD},
		{Subject: "groupcast.v1.d.239-1-2-3_1234.Room._", Header: head(func(nats.Header) {})},
		{Subject: "groupcast.v1.d.239-1-2-3_9.room-1._", Header: head(func(nats.Header) {})},
		{Subject: subjectD, Header: head(func(nats.Header) {}), Data: make([]byte, bridge.MaxSize+1)},
		{Subject: subjectD, Header: set(headBridge, "0123456789ABCDEF")},
		{Subject: subjectD, Header: set(headBridge, "0123456789abcde")},
		{Subject: subjectD, Header: set(headBridge, goodName, goodName)},
		{Subject: subjectD, Header: set(headSeq, "18446744073709551616")},
		{Subject: subjectD, Header: set(headSeq, "-1")},
		{Subject: subjectD, Header: set(headSeq)},
		{Subject: subjectD, Header: set(headFrom, "192.0.2.1")},
		{Subject: subjectD, Header: set(headFrom, "[fe80::1%eth0]:1")},
		{Subject: subjectD, Header: set(headFrom, "[fe80::1%"+string(make([]byte, 1000))+"]:1")},
		{Subject: subjectD, Header: set(headTTL, "256")},
		{Subject: subjectD, Header: set(headTTL, "")},
		{Subject: subjectD, Header: set("Nats-Stream", "KV_groupcast_v1_lease")},
		{Subject: subjectLoop, Data: []byte(goodReport), Header: nats.Header{"Nats-Stream": {"x"}}},
		{Subject: subjectLoop},
		{Subject: subjectLoop, Data: []byte("null")},
		{Subject: subjectLoop, Data: []byte(goodReport + "{}")},
		{Subject: subjectLoop, Data: body(goodReport, "{", `{"site":"room-2",`)},
		{Subject: subjectLoop, Data: body(goodReport, "00000000000000ff", "ff")},
		{Subject: subjectLoop, Data: body(goodReport, "00000000000000ff", "+0000000000000ff")},
		{Subject: subjectLoop, Data: body(goodReport, "192.0.2.1:5", "fe80::1%a:5")},
		{Subject: subjectLoop, Data: append([]byte(goodReport), make([]byte, maxWord)...)},
		{Subject: subjectSite, Data: body(goodJoined, goodName, "me")},
		{Subject: subjectSite, Data: body(goodJoined, `"addr":""`, `"addr":"fe80::1%x"`)},
		{Subject: subjectSite, Data: body(goodJoined, "true", "1")},
		{Subject: subjectSite, Data: bytes.Repeat([]byte("["), maxWord)},
	} {
		l := testLink()
		if a, ok := l.arrival(&m); ok || l.client.Malformed() != 1 {
			t.Errorf("case %d: %+v, %d malformed", n, a, l.client.Malformed())
		}
	}
	// A report about a group that is not carried here is another bridge's affair.
	l := testLink()
	if _, ok := l.arrival(&nats.Msg{Subject: subjectLoop, Data: body(goodReport, "_1234", "_9")}); ok || l.client.Malformed() != 0 {
		t.Error("a report about another group")
	}
}

// FuzzArrival holds that nothing breaks a link, and that what it brings can be sent again.
func FuzzArrival(f *testing.F) {
	f.Add(subjectD, goodName, "1", "192.0.2.1:5", "7", []byte("hello"))
	f.Add(subjectLoop, "", "", "", "", []byte(goodReport))
	f.Add(subjectSite, "", "", "", "", []byte(goodJoined))
	f.Add("groupcast.v1.f.239-1-2-3_1234.room-1._", goodName, "", "", "", line)
	f.Add("groupcast.v1.p.239-1-2-3_1234.room-1._", goodName, "", "", "1", line)
	f.Fuzz(func(t *testing.T, subject, name, seq, from, ttl string, data []byte) {
		l := testLink()
		h := nats.Header{headBridge: {name}, headSeq: {seq}, headFrom: {from}, headTTL: {ttl}, headAgain: {ttl}}
		a, ok := l.arrival(&nats.Msg{Subject: subject, Header: h, Data: data})
		if !ok {
			return
		}
		msg := &nats.Msg{Subject: subject}
		var v any
		switch {
		case a.Message != nil:
			msg.Header, msg.Data = headers(*a.Message), a.Message.Data
			if again, err := strconv.ParseUint(seq, 10, 64); err != nil || again != a.Message.Seq {
				t.Fatalf("%q is %d", seq, a.Message.Seq)
			}
		case a.Parcel != nil:
			msg.Header, msg.Data = headersOfParcel(*a.Parcel), a.Parcel.Data
			if len(msg.Data) > frame.MaxSize || a.Parcel.Kept && a.Parcel.Again {
				t.Fatalf("%+v", a.Parcel)
			}
		case a.Report != nil:
			v = reportOf(*a.Report)
		case a.Presence != nil:
			v = presenceOf(*a.Presence)
		}
		if v != nil {
			var err error
			if msg.Data, err = json.Marshal(v); err != nil {
				t.Fatal(err)
			}
		}
		if again, ok := l.arrival(msg); !ok || again.Message == nil != (a.Message == nil) {
			t.Fatalf("%+v is not read again", msg)
		}
	})
}

// FuzzHistory holds that nothing in the history breaks a link, and that a site which names
// subjects names none but its own.
func FuzzHistory(f *testing.F) {
	f.Add("239-1-2-3_1234", "_", "groupcast.v1.f.239-1-2-3_1234.room-1._", "7", "3", "2026-11-30T08:00:00Z", line)
	f.Add("239-1-2-3_1234", "eth0", "groupcast.v1.f.*.room-1._", "x", "", "", []byte(`{"seq":1,"next_by_subj":"groupcast.v1.f.239-1-2-3_1234.*.*","batch":9,"max_bytes":9}`))
	f.Fuzz(func(t *testing.T, group, lan, subject, seq, pending, at string, data []byte) {
		if s, ok := KeptSubject(group, "room-1", lan); ok {
			if kind, g, site, ok := parseSubject(s); !ok || kind != kindKept || g != group || !strings.HasPrefix(site+"/", "room-1/") || strings.ContainsAny(s, "*> \r\n") {
				t.Fatalf("%q is a subject of room-1", s)
			}
		}
		if r, err := ReadHistoryRequest(data); err == nil && (r.Batch > maxBatch || !strings.HasPrefix(r.NextFor, "groupcast.v1.f.") || strings.ContainsAny(r.NextFor, "> ")) {
			t.Fatalf("%+v may be asked", r)
		}
		l := testLink()
		k := &keeper{client: l.client, groups: l.groups}
		head := nats.Header{"Nats-Subject": {subject}, "Nats-Sequence": {seq}, "Nats-Num-Pending": {pending}, "Nats-Time-Stamp": {at}, headBridge: {goodName}}
		found, _, err := k.readFound("239-1-2-3_1234", &nats.Msg{Header: head, Data: data})
		if err == nil && found.Data != nil {
			if _, err := checkFrame(found.Data, kindKept, false); err != nil || found.seq == 0 || found.Group.Port != 1234 {
				t.Fatalf("%+v, %v", found, err)
			}
		}
	})
}

// FuzzStatus holds the same for what bridges tell of themselves.
func FuzzStatus(f *testing.F) {
	f.Add([]byte(tellAll([]bridge.Status{statusOf("room-1/eth0", goodName, group)}).Data))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := hear(data)
		if err != nil {
			return
		}
		if again, err := hear(tellAll(all).Data); err != nil || len(again) == 0 && len(all) != 0 {
			t.Fatalf("%+v is not read again: %v", all, err)
		}
	})
}
