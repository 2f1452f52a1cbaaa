package ends

import (
	"encoding/binary"
	"errors"
)

const (
	// partSize is how many bytes of facts are in one part: 1,200 bytes of a sealed
	// frame, without 144 of it, 42 of its body, 48 of HPKE and 4 of the set.
	partSize = 940
	maxParts = 16 // 15 kB of facts
)

var errPart = errors.New("a part of facts that does not fit the others")

// split cuts facts into parts that name their set: facts that are read anew are another
// one.
func split(set uint32, facts []byte) (parts [][]byte) {
	for {
		n := min(len(facts), partSize)
		part := binary.BigEndian.AppendUint32(nil, set)
		parts = append(parts, append(part, facts[:n]...))
		if facts = facts[n:]; len(facts) == 0 {
			return parts
		}
	}
}

// joined collects the parts of one set.
type joined struct {
	set   uint32
	parts [][]byte // nil: not here yet
	have  int
}

// put takes a part, n from 1. A part of another set begins anew.
func (j *joined) put(n, of uint64, part []byte) error {
	if n == 0 && of == 0 {
		n, of = 1, 1
	}
	if len(part) < 4 || of > maxParts || n < 1 || n > of {
		return errPart
	}
	set := binary.BigEndian.Uint32(part)
	if j.parts == nil || j.set != set || len(j.parts) != int(of) {
		*j = joined{set: set, parts: make([][]byte, of)}
	}
	if j.parts[n-1] == nil {
		j.parts[n-1] = part[4:]
		j.have++
	}
	return nil
}

// missing is the first part that is not here, from 1; 0: all are.
func (j *joined) missing() uint64 {
	for n, part := range j.parts {
		if part == nil {
			return uint64(n + 1)
		}
	}
	if j.parts == nil {
		return 1
	}
	return 0
}

func (j *joined) whole() (facts []byte) {
	for _, part := range j.parts {
		facts = append(facts, part...)
	}
	return facts
}
