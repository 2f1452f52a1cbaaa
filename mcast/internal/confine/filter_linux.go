package confine

import (
	"cmp"
	"runtime"

	"golang.org/x/sys/unix"
)

// Instructions of a filter (bpf(4), seccomp(2)), and what it reads: struct seccomp_data.
const (
	load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	and     = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	equal   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jump    = unix.BPF_JMP | unix.BPF_JA
	end     = unix.BPF_RET | unix.BPF_K

	number       = 0
	architecture = 4
	arguments    = 16 // of 8 bytes each
)

func refuse(errno unix.Errno) unix.SockFilter {
	return unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ERRNO | uint32(cmp.Or(errno, unix.EPERM))}
}

func (r rule) verdict() unix.SockFilter {
	if r.notify {
		return unix.SockFilter{Code: end, K: unix.SECCOMP_RET_USER_NOTIF}
	}
	return refuse(r.errno)
}

// filter makes the program that refuses what the rules say, and allows all else.
func (a abi) filter(rules []rule) []unix.SockFilter {
	filter := []unix.SockFilter{
		{Code: load, K: architecture},
		{Code: equal, Jt: 1, K: a.audit},
		refuse(0),
		{Code: load, K: number},
	}
	if runtime.GOARCH == "amd64" {
		filter = append(filter, unix.SockFilter{Code: atLeast, Jf: 1, K: x32}, refuse(0))
	}
	for _, r := range rules {
		var body []unix.SockFilter
		for i := len(r.tests) - 1; i >= 0; i-- {
			body = append(a.test(r.tests[i], len(body)+1), body...)
		}
		body = append(body, r.verdict())
		if len(r.tests) > 0 {
			body = append(body, unix.SockFilter{Code: load, K: number}) // where tests jump to that do not pass
		}
		filter = append(filter, unix.SockFilter{Code: equal, Jf: uint8(len(body)), K: r.call})
		filter = append(filter, body...)
	}
	return append(filter, unix.SockFilter{Code: end, K: unix.SECCOMP_RET_ALLOW})
}

// test is followed by as many instructions until that which is jumped to when it does
// not pass.
func (a abi) test(t test, rest int) []unix.SockFilter {
	low := uint32(arguments + 8*t.argument)
	if a.bigEndian {
		low += 4
	}
	code := []unix.SockFilter{{Code: load, K: low}}
	if t.mask != 0 {
		code = append(code, unix.SockFilter{Code: and, K: t.mask})
	}
	for i, v := range t.values {
		on := len(t.values) - i // over the comparisons that follow, and over the jump
		if t.others {
			on += rest - 1
		}
		code = append(code, unix.SockFilter{Code: equal, Jt: uint8(on), K: v})
	}
	if t.others {
		return code // none of them: on
	}
	return append(code, unix.SockFilter{Code: jump, K: uint32(rest)})
}
