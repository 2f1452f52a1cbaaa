package doctor

import "fmt"

// moreQueue says how to lose less in a full queue. Only pfifo_fast takes its
// length from the interface; the others have limits of their own
// (tc-pfifo_fast(8), tc-fq_codel(8)).
func (f Facts) moreQueue(index int, where string) []string {
	hints := []string{
		"send more slowly, such as one datagram each 10 ms: groupcast send --interval 10ms",
		"look at the queue: tc -s qdisc show dev " + where,
	}
	switch kind := f.Links[index].Queue; kind {
	case "", "noqueue":
		return hints
	case "pfifo_fast", "mq":
		return append(hints, fmt.Sprintf("give %s a longer queue, which is its txqueuelen where tc shows pfifo_fast", where))
	default:
		return append(hints, fmt.Sprintf("the queue is %s, whose limit is its own, which tc sets, and not txqueuelen", kind))
	}
}
