package record_test

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

// What a received datagram costs from the caller's copy to the file.
func BenchmarkReceived(b *testing.B) { benchmark(b, (*record.Recorder).Received) }

// What an own send costs, which has a direction and a comment.
func BenchmarkSent(b *testing.B) {
	benchmark(b, func(r *record.Recorder, d record.Datagram) { r.Sent(d, "default route") })
}

func benchmark(b *testing.B, put func(*record.Recorder, record.Datagram)) {
	r, err := record.Create(record.Options{File: "-", Output: io.Discard, Max: -1, Interfaces: []host.Interface{eth0}})
	if err != nil {
		b.Fatal(err)
	}
	d := heard(string(make([]byte, 100)))
	b.ReportAllocs()
	b.SetBytes(int64(len(d.Data)))
	for i := 0; b.Loop(); i++ {
		put(r, d)
		for i%1024 == 0 && r.Pending() > record.QueueDatagrams/2 { // none is lost
			runtime.Gosched()
		}
	}
	if s, err := r.Close(); err != nil || s.Lost > 0 {
		b.Fatalf("%+v, %v", s, err)
	}
}

func BenchmarkRead(b *testing.B) {
	const many = 10000
	file, _ := recorded(b, record.Options{}, func(r *record.Recorder) {
		for i := range many {
			r.Received(heard(string(make([]byte, 100))))
			for i%1024 == 0 && r.Pending() > record.QueueDatagrams/2 {
				runtime.Gosched()
			}
		}
	})
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		r, err := record.NewReader(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		got := 0
		for {
			if _, err := r.Next(); err != nil {
				break
			}
			got++
		}
		if got != many {
			b.Fatalf("read %d of %d", got, many)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*many), "ns/datagram")
}
