package natslink

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// HistoryStream is the stream of kept frames.
const HistoryStream = "GROUPCAST_V1"

// HistoryBytes is how large the history is that a bridge makes on a server of others.
const HistoryBytes = 256 << 20

// Kinds are the kinds of subjects that a site may publish on. Kept frames are none of them:
// it gives them to [HistoryAPI].
var Kinds = []string{kindDatagram, kindPassing, kindLoop, kindSite}

// HistoryConfig is how the history is made: of so many bytes.
func HistoryConfig(size int64) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: HistoryStream, Description: "frames of groups between LANs (groupcast)",
		Subjects: []string{prefix + kindKept + ".>"}, Storage: jetstream.FileStorage, Discard: jetstream.DiscardOld,
		MaxAge: 24 * time.Hour, MaxBytes: size, MaxMsgsPerSubject: 2048, MaxMsgSize: 2048, Duplicates: duplicates,
		AllowDirect: true, DenyDelete: true, DenyPurge: true,
	}
}

// duplicates is for how long the server drops a frame that it has already.
const duplicates = 2 * time.Minute

// HistoryAPI is where a site gives kept frames to a hub, and asks for those of others. Behind
// it come [HistoryKeep] with the group and the LAN, [HistoryInfo], or [HistoryGet].
func HistoryAPI(site string) string { return "groupcast-history." + site }

// What a site asks a hub for.
const (
	HistoryKeep = "KEEP" // the acknowledgement is JetStream's
	HistoryInfo = "INFO" // is answered as $JS.API.STREAM.INFO
	HistoryGet  = "GET"  // is answered as $JS.API.DIRECT.GET
)

// HistoryRequest asks for frames, from a sequence.
type HistoryRequest struct {
	Seq      uint64 `json:"seq,omitempty"`
	NextFor  string `json:"next_by_subj"`
	Batch    int    `json:"batch"`
	MaxBytes int    `json:"max_bytes"`
}

// Bounds of what one HistoryRequest brings.
const (
	maxBatch      = 256
	maxBatchBytes = 256 << 10
)

// ReadHistoryRequest reads one, and refuses what is out of bounds.
func ReadHistoryRequest(data []byte) (r HistoryRequest, err error) {
	if len(data) > 1024 {
		return r, errMalformed
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, err
	}
	group, ok := strings.CutPrefix(r.NextFor, prefix+kindKept+".")
	if group, all := strings.CutSuffix(group, ".*.*"); !ok || !all || !isGroup(group) || r.Batch < 1 || r.Batch > maxBatch || r.MaxBytes < 1 || r.MaxBytes > maxBatchBytes {
		return r, errors.New("a request of the history out of bounds")
	}
	return r, nil
}

// KeptSubject is the subject of kept frames of a site's group. The group and the LAN are
// tokens. It is false if they are none.
func KeptSubject(group, site, lan string) (string, bool) {
	s := prefix + kindKept + "." + group + "." + site + "." + lan
	kind, g, _, ok := parseSubject(s)
	return s, ok && kind == kindKept && g == group && isGroup(group)
}

// NotKept passes a frame that a site gives to be kept to all sites without the history, for
// which it has another subject. The first subject is that of KeptSubject.
func NotKept(subject string, m *nats.Msg) *nats.Msg {
	_, rest, _ := strings.Cut(subject, prefix+kindKept+".")
	return &nats.Msg{Subject: prefix + kindPassing + "." + rest, Data: m.Data, Header: nats.Header{HeadBridge: m.Header[HeadBridge], headAgain: {"1"}}}
}

// KeptID is the Nats-Msg-Id of a kept frame: its name, and the beginning of the SHA-256 of
// its bytes. The error is of what is no kept frame.
func KeptID(data []byte) (string, error) {
	h, err := checkFrame(data, kindKept, false)
	if err != nil {
		return "", err
	}
	return idOf(h, data).text(), nil
}

// isGroup is true of a token that groupToken can have made.
func isGroup(token string) bool {
	addr, port, ok := strings.Cut(token, "_")
	if n, err := strconv.ParseUint(port, 10, 16); !ok || err != nil || strconv.FormatUint(n, 10) != port {
		return false
	}
	if isHex(addr, 32) {
		return true
	}
	bytes := strings.Split(addr, "-")
	for _, b := range bytes {
		if n, err := strconv.ParseUint(b, 10, 8); err != nil || strconv.FormatUint(n, 10) != b {
			return false
		}
	}
	return len(bytes) == 4
}

// history is what a server tells about the stream.
type history struct {
	Created time.Time `json:"created"`
	At      time.Time `json:"ts"`
	State   struct {
		FirstSeq uint64 `json:"first_seq"`
		LastSeq  uint64 `json:"last_seq"`
	} `json:"state"`
	Error *apiError `json:"error"`
}

// apiError is JetStream's.
type apiError struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

// words are what it says, without what could be in it from others.
func (e *apiError) words() string {
	return strconv.Quote(cut(e.Description)) + ", error " + strconv.Itoa(e.ErrCode)
}

const maxErrorText = 256 // bytes

// found is a frame of the history.
type found struct {
	bridge.Parcel
	id      frameID
	seq     uint64
	pending uint64 // frames of the group after it
}
