package igmp

var stories = []struct{ name, script string }{
	{"a querier appears, and is gone when it was silent for QRV x QQI + response/2", `
		0s 192.168.8.1 query v3
			querier-appeared 192.168.8.1: a v3 query from 192.168.8.1
		2m5s 192.168.8.1 query v3
		6m19s wait
		6m21s wait
			querier-gone 192.168.8.1 at 6m20s: silent for 4m15s
		7m 192.168.8.1 query v3
			querier-appeared 192.168.8.1: a v3 query from 192.168.8.1
	`},
	{"the lowest address wins", `
		0s 192.168.8.13 query v3
			querier-appeared 192.168.8.13: a v3 query from 192.168.8.13
		10s 192.168.8.1 query v3
			querier-changed 192.168.8.1: a query from 192.168.8.1, lower than 192.168.8.13
		11s 192.168.8.200 query v3
		12s show
			igmp sees unknown: no report of another host in 12s, and nothing proves that one was due
			querier 192.168.8.1 v3 every 2m5s, elected, gone at 4m25s
			querier 192.168.8.13 v3 every 2m5s, gone at 4m15s
			querier 192.168.8.200 v3 every 2m5s, gone at 4m26s
	`},
	// Measured: a Linux bridge at .5, set to 5 s, went on beside .13, fell silent for
	// .2, and was back 5 s after .2 stopped.
	{"a bridge goes on beside a higher address, and is silent for a lower one", `
		0s 192.168.8.5 query v2
			querier-appeared 192.168.8.5: a v2 query from 192.168.8.5
		2s 192.168.8.13 query v3
		5s 192.168.8.5 query v2
		7s 192.168.8.13 query v3
		10s 192.168.8.5 query v2
		15s 192.168.8.5 query v2
		15.1s show
			igmp sees unknown: no report of another host in 15s, and nothing proves that one was due
			querier 192.168.8.5 v2 every 5s, elected, gone at 30s
			querier 192.168.8.13 v3 every 2m5s, gone at 4m22s
		17s 192.168.8.13 query v3
		20s 192.168.8.5 query v2
		21s 192.168.8.13 query v3
			second-querier 192.168.8.13: it sends queries, and so does 192.168.8.5, which is lower
		22s 192.168.8.2 query v3
			querier-changed 192.168.8.2: a query from 192.168.8.2, lower than 192.168.8.5
		27s 192.168.8.2 query v3
		32s 192.168.8.5 query v2
		37s 192.168.8.5 query v2
		4m42s 192.168.8.5 query v2
			querier-gone 192.168.8.2: silent for 4m15s
			querier-appeared 192.168.8.5: a v2 query from 192.168.8.5
	`},
	{"a loser that falls silent is no second querier", `
		0s 192.168.8.13 query v3
			querier-appeared 192.168.8.13: a v3 query from 192.168.8.13
		31s 192.168.8.13 query v3
		40s 192.168.8.1 query v3
			querier-changed 192.168.8.1: a query from 192.168.8.1, lower than 192.168.8.13
		71s 192.168.8.1 query v3
		72s 192.168.8.13 query v3
		3m15s 192.168.8.1 query v3
		5m20s 192.168.8.1 query v3
		5m21s show
			igmp sees unknown: no report of another host in 5m21s, and nothing proves that one was due
			querier 192.168.8.1 v3 every 2m5s, elected, gone at 9m35s
			querier 192.168.8.13 v3 every 2m5s, gone at 5m27s
	`},
	{"one that lost goes on", `
		0s 192.168.8.1 query v3
			querier-appeared 192.168.8.1: a v3 query from 192.168.8.1
		1s 192.168.8.13 query v3
		2m5s 192.168.8.1 query v3
		2m6s 192.168.8.13 query v3
		4m10s 192.168.8.1 query v3
		4m11s 192.168.8.13 query v3
		6m15s 192.168.8.1 query v3
		6m16s 192.168.8.13 query v3
			second-querier 192.168.8.13: it sends queries, and so does 192.168.8.1, which is lower
		8m20s 192.168.8.1 query v3
		8m21s 192.168.8.13 query v3
		10m25s 192.168.8.13 query v3
		12m35s wait
			querier-changed 192.168.8.13: 192.168.8.1 was silent for 4m15s
	`},
	{"a switch asks from 0.0.0.0, and never wins", `
		0s 0.0.0.0 query v2
			zero-query 0.0.0.0: a v2 query from 0.0.0.0: a switch sends it, not a router
		10s 0.0.0.0 query v2
		11s 192.168.8.200 query v2
			querier-appeared 192.168.8.200: a v2 query from 192.168.8.200
		12s show
			igmp sees unknown: no report of another host in 12s, and nothing proves that one was due; a switch sends queries, so it snoops
			querier 192.168.8.200 v2 every 0s, elected, gone at 4m26s
			querier 0.0.0.0 v2 every 0s, gone at 4m25s
	`},
	{"the elected one asks in another version, and at another pace", `
		0s 192.168.8.1 query v3
			querier-appeared 192.168.8.1: a v3 query from 192.168.8.1
		1m 192.168.8.1 query v3 every=60s
			querier-changed 192.168.8.1: it sends a query every 60 s, before every 125 s
		2m 192.168.8.1 query v2
			querier-changed 192.168.8.1: its queries are v2, before v3
		3m 192.168.8.1 query v2
	`},
	{"a v2 querier's pace is measured, and a slow one does not come and go for ever", `
		0s 192.168.8.1 query v2
			querier-appeared 192.168.8.1: a v2 query from 192.168.8.1
		4m16s wait
			querier-gone 192.168.8.1 at 4m15s: silent for 4m15s
		5m 192.168.8.1 query v2
			querier-appeared 192.168.8.1: a v2 query from 192.168.8.1
		10m 192.168.8.1 query v2
		15m 192.168.8.1 query v2
		15m1s show
			igmp sees unknown: no report of another host in 15m1s, and nothing proves that one was due
			querier 192.168.8.1 v2 every 5m, elected, gone at 25m5s
		25m wait
		25m6s wait
			querier-gone 192.168.8.1 at 25m5s: silent for 10m5s
	`},
	{"queries of one group elect nobody", `
		0s 192.168.8.1 query v3 239.1.2.3 within=1s
	`},

	{"a member joins, answers, and leaves", `
		0s 192.168.8.226 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.226: its first member
			member-joined 239.1.2.3 192.168.8.226: v3: all sources
			sight-changed all: a v3 report of 192.168.8.226
		1s 192.168.8.226 report v3 to-exclude=239.1.2.3
		1m 192.168.8.226 report v3 is-exclude=239.1.2.3
		1m1s show
			igmp sees all: a v3 report of 192.168.8.226 1s ago
			239.1.2.3 192.168.8.226 v3 all sources, expires at 5m20s
		2m 192.168.8.226 report v3 to-include=239.1.2.3
			member-left 239.1.2.3 192.168.8.226: v3: to include nothing
			group-last 239.1.2.3 192.168.8.226: its last member
		2m1s 192.168.8.226 report v3 to-include=239.1.2.3
	`},
	{"a member is silent", `
		0s 192.168.8.1 query v3
			querier-appeared 192.168.8.1: a v3 query from 192.168.8.1
		1s 192.168.8.226 report v3 is-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.226: its first member
			member-joined 239.1.2.3 192.168.8.226: v3: all sources
			sight-changed all: a v3 report of 192.168.8.226
		2s 192.168.8.227 report v3 is-exclude=239.1.2.3
			member-joined 239.1.2.3 192.168.8.227: v3: all sources
		2m5s 192.168.8.1 query v3
		2m6s 192.168.8.227 report v3 is-exclude=239.1.2.3
		4m10s 192.168.8.1 query v3
		4m21s wait
			member-expired 239.1.2.3 192.168.8.226: no report in 4m20s
		4m22s show
			igmp sees all: a v3 report of 192.168.8.227 2m16s ago
			querier 192.168.8.1 v3 every 2m5s, elected, gone at 8m25s
			239.1.2.3 192.168.8.227 v3 all sources, expires at 6m26s
	`},
	{"a member is silent where nobody asks", `
		0s 192.168.8.226 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.226: its first member
			member-joined 239.1.2.3 192.168.8.226: v3: all sources
			sight-changed all: a v3 report of 192.168.8.226
		4m20s wait
			member-expired 239.1.2.3 192.168.8.226: no report in 4m20s, and no query was sent
			group-last 239.1.2.3 192.168.8.226: its last member
			sight-changed unknown: no report of another host in 4m20s, and no query asked for one
	`},
	{"a report holds as long as the querier says", `
		0s 192.168.8.1 query v3 every=10s within=1s robustness=3
			querier-appeared 192.168.8.1: a v3 query from 192.168.8.1
		1s 192.168.8.226 report v3 is-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.226: its first member
			member-joined 239.1.2.3 192.168.8.226: v3: all sources
			sight-changed all: a v3 report of 192.168.8.226
		2s show
			igmp sees all: a v3 report of 192.168.8.226 1s ago
			querier 192.168.8.1 v3 every 10s, elected, gone at 30.5s
			239.1.2.3 192.168.8.226 v3 all sources, expires at 32s
	`},
	{"sources", `
		0s 192.168.8.230 report v3 allow=232.1.1.1/10.9.0.77
			group-first 232.1.1.1 192.168.8.230: its first member
			member-joined 232.1.1.1 192.168.8.230: v3: only 10.9.0.77
			sight-changed all: a v3 report of 192.168.8.230
		1s 192.168.8.230 report v3 allow=232.1.1.1/10.9.0.78,10.9.0.77
			sources-changed 232.1.1.1 192.168.8.230: v3: only 10.9.0.77, 10.9.0.78, before only 10.9.0.77
		2s 192.168.8.230 report v3 is-include=232.1.1.1/10.9.0.78,10.9.0.77
		3s 192.168.8.230 report v3 block=232.1.1.1/10.9.0.77
			sources-changed 232.1.1.1 192.168.8.230: v3: only 10.9.0.78, before only 10.9.0.77, 10.9.0.78
		4s 192.168.8.230 report v3 to-exclude=232.1.1.1
			sources-changed 232.1.1.1 192.168.8.230: v3: all sources, before only 10.9.0.78
		5s 192.168.8.230 report v3 block=232.1.1.1/10.9.0.1,10.9.0.2
			sources-changed 232.1.1.1 192.168.8.230: v3: all but 10.9.0.1, 10.9.0.2, before all sources
		6s 192.168.8.230 report v3 allow=232.1.1.1/10.9.0.2
			sources-changed 232.1.1.1 192.168.8.230: v3: all but 10.9.0.1, before all but 10.9.0.1, 10.9.0.2
		7s 192.168.8.230 report v3 is-exclude=232.1.1.1/10.9.0.1
		8s 192.168.8.230 report v3 to-include=232.1.1.1/10.9.0.5
			sources-changed 232.1.1.1 192.168.8.230: v3: only 10.9.0.5, before all but 10.9.0.1
		9s 192.168.8.230 report v3 block=232.1.1.1/10.9.0.5
			member-left 232.1.1.1 192.168.8.230: v3: its last source blocked
			group-last 232.1.1.1 192.168.8.230: its last member
		10s 192.168.8.230 report v3 block=232.1.1.1/10.9.0.5
	`},
	{"an answer to a query of some sources is about these only", `
		0s 192.168.8.230 report v3 to-include=232.1.1.1/10.9.0.1,10.9.0.2 to-exclude=239.1.1.1
			group-first 232.1.1.1 192.168.8.230: its first member
			member-joined 232.1.1.1 192.168.8.230: v3: only 10.9.0.1, 10.9.0.2
			group-first 239.1.1.1 192.168.8.230: its first member
			member-joined 239.1.1.1 192.168.8.230: v3: all sources
			sight-changed all: a v3 report of 192.168.8.230
		1s 192.168.8.1 query v3 232.1.1.1/10.9.0.1 within=1s
		1s 192.168.8.1 query v3 239.1.1.1/10.9.0.1 within=1s
		2s 192.168.8.230 report v3 is-include=232.1.1.1/10.9.0.1 is-include=239.1.1.1/10.9.0.1
		9s 192.168.8.230 report v3 is-include=232.1.1.1/10.9.0.1
			sources-changed 232.1.1.1 192.168.8.230: v3: only 10.9.0.1, before only 10.9.0.1, 10.9.0.2
	`},
	{"more sources than words", `
		0s 192.168.8.230 report v3 allow=232.1.1.1/10.9.0.1,10.9.0.2,10.9.0.3,10.9.0.4,10.9.0.5,10.9.0.6
			group-first 232.1.1.1 192.168.8.230: its first member
			member-joined 232.1.1.1 192.168.8.230: v3: only 10.9.0.1, 10.9.0.2, 10.9.0.3, 10.9.0.4 and 2 more
			sight-changed all: a v3 report of 192.168.8.230
	`},
	{"v2: a leave, and the query of the group", `
		0s 192.168.8.1 query v2
			querier-appeared 192.168.8.1: a v2 query from 192.168.8.1
		1s 192.168.8.2 report v2 239.1.2.3
			group-first 239.1.2.3 192.168.8.2: its first member
			member-joined 239.1.2.3 192.168.8.2: v2: report
			sight-changed all: a v2 report of 192.168.8.2
		2s 192.168.8.3 report v2 239.1.2.3
			member-joined 239.1.2.3 192.168.8.3: v2: report
		3s 192.168.8.4 report v3 to-exclude=239.1.2.3
			member-joined 239.1.2.3 192.168.8.4: v3: all sources
		4s 192.168.8.2 leave v2 239.1.2.3
			member-left 239.1.2.3 192.168.8.2: v2: leave
		4.1s 192.168.8.1 query v2 239.1.2.3 within=1s
		4.2s show
			igmp sees all: a v3 report of 192.168.8.4 1.2s ago
			querier 192.168.8.1 v2 every 0s, elected, gone at 4m15s
			239.1.2.3 192.168.8.3 v2 all sources, at least, expires at 6.1s
			239.1.2.3 192.168.8.4 v3 all sources, at least, expires at 6.1s
		7s wait
			member-expired 239.1.2.3 192.168.8.3 at 6.1s: no answer to a query of the group; no report in 4.1s
			member-expired 239.1.2.3 192.168.8.4 at 6.1s: no answer to a query of the group; no report in 3.1s
			group-last 239.1.2.3 192.168.8.4 at 6.1s: its last member
	`},
	{"v2: one answers the query of the group, and silences the others", `
		0s 192.168.8.2 report v2 239.1.2.3
			group-first 239.1.2.3 192.168.8.2: its first member
			member-joined 239.1.2.3 192.168.8.2: v2: report
			sight-changed all: a v2 report of 192.168.8.2
		1s 192.168.8.3 report v1 239.1.2.3
			member-joined 239.1.2.3 192.168.8.3: v1: report
		2s 192.168.8.4 report v3 to-exclude=239.1.2.3
			member-joined 239.1.2.3 192.168.8.4: v3: all sources
		3s 192.168.8.1 query v2 239.1.2.3 within=1s
		4s 192.168.8.2 report v2 239.1.2.3
		6s wait
		6s show
			igmp sees all: a v2 report of 192.168.8.2 2s ago
			239.1.2.3 192.168.8.2 v2 all sources, at least, expires at 4m24s
			239.1.2.3 192.168.8.3 v1 all sources, at least, expires at 4m21s
			239.1.2.3 192.168.8.4 v3 all sources, at least, expires at 4m22s
	`},
	{"v3: one of v2 answers the query of the group, and silences nobody of v3", `
		0s 192.168.8.2 report v2 239.1.2.3
			group-first 239.1.2.3 192.168.8.2: its first member
			member-joined 239.1.2.3 192.168.8.2: v2: report
			sight-changed all: a v2 report of 192.168.8.2
		1s 192.168.8.3 report v2 239.1.2.3
			member-joined 239.1.2.3 192.168.8.3: v2: report
		2s 192.168.8.4 report v3 to-exclude=239.1.2.3
			member-joined 239.1.2.3 192.168.8.4: v3: all sources
		3s 192.168.8.1 query v3 239.1.2.3 within=1s
		4s 192.168.8.2 report v2 239.1.2.3
		6s wait
			member-expired 239.1.2.3 192.168.8.4 at 5s: no answer to a query of the group; no report in 3s
	`},
	{"v2: a host is silenced by another until nothing is known of it", `
		0s 192.168.8.1 query v2
			querier-appeared 192.168.8.1: a v2 query from 192.168.8.1
		1s 192.168.8.2 report v2 239.1.2.3
			group-first 239.1.2.3 192.168.8.2: its first member
			member-joined 239.1.2.3 192.168.8.2: v2: report
			sight-changed all: a v2 report of 192.168.8.2
		2s 192.168.8.3 report v2 239.1.2.3
			member-joined 239.1.2.3 192.168.8.3: v2: report
		2m5s 192.168.8.1 query v2
		2m6s 192.168.8.2 report v2 239.1.2.3
		4m10s 192.168.8.1 query v2
		4m11s 192.168.8.2 report v2 239.1.2.3
		4m22s wait
			member-expired 239.1.2.3 192.168.8.3: no report in 4m20s; reports of other members silence it
		4m22s show
			igmp sees all: a v2 report of 192.168.8.2 11s ago
			querier 192.168.8.1 v2 every 0s, elected, gone at 8m25s
			239.1.2.3 192.168.8.2 v2 all sources, at least, expires at 8m31s
	`},
	{"a query of the group with the S flag changes no timer", `
		0s 192.168.8.4 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.4: its first member
			member-joined 239.1.2.3 192.168.8.4: v3: all sources
			sight-changed all: a v3 report of 192.168.8.4
		1s 192.168.8.1 query v3 239.1.2.3 within=1s suppress
		5s wait
	`},
	{"nobody answers the query of the group", `
		0s 192.168.8.4 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.4: its first member
			member-joined 239.1.2.3 192.168.8.4: v3: all sources
			sight-changed all: a v3 report of 192.168.8.4
		10s 192.168.8.1 query v3 239.1.2.3 within=1s robustness=3
		12s wait
		13s wait
			member-expired 239.1.2.3 192.168.8.4: no answer to a query of the group; no report in 13s
			group-last 239.1.2.3 192.168.8.4: its last member
	`},
	{"leaves of strangers", `
		0s 192.168.8.2 leave v2 239.1.2.3
		1s 192.168.8.3 report v2 239.1.2.3
			group-first 239.1.2.3 192.168.8.3: its first member
			member-joined 239.1.2.3 192.168.8.3: v2: report
			sight-changed all: a v2 report of 192.168.8.3
		2s 192.168.8.2 leave v2 239.1.2.3
	`},
	{"from v3 to v2 and back", `
		0s 192.168.8.230 report v3 allow=232.1.1.1/10.9.0.77
			group-first 232.1.1.1 192.168.8.230: its first member
			member-joined 232.1.1.1 192.168.8.230: v3: only 10.9.0.77
			sight-changed all: a v3 report of 192.168.8.230
		10s 192.168.8.230 report v2 232.1.1.1
			version-changed 232.1.1.1 192.168.8.230: v2, before v3: its sources are not reported any more
		20s 192.168.8.230 report v2 232.1.1.1
		30s 192.168.8.230 report v3 is-include=232.1.1.1/10.9.0.77
			version-changed 232.1.1.1 192.168.8.230: v3, before v2
		31s show
			igmp sees all: a v3 report of 192.168.8.230 1s ago
			232.1.1.1 192.168.8.230 v3 only 10.9.0.77, at least, expires at 4m50s
	`},
	{"hosts without an address are told apart by their hardware addresses", `
		0s 0.0.0.0@02:00:00:00:00:01 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 02:00:00:00:00:01: its first member
			member-joined 239.1.2.3 02:00:00:00:00:01: v3: all sources
			sight-changed all: a v3 report of 02:00:00:00:00:01
		1s 0.0.0.0@02:00:00:00:00:02 report v3 to-exclude=239.1.2.3
			member-joined 239.1.2.3 02:00:00:00:00:02: v3: all sources
		2s 0.0.0.0@02:00:00:00:00:01 report v3 to-include=239.1.2.3
			member-left 239.1.2.3 02:00:00:00:00:01: v3: to include nothing
	`},
	{"MLD", `
		0s fe80::1 query v2
			querier-appeared fe80::1: a v2 query from fe80::1
		1s fe80::2 report v2 is-exclude=ff15::1234
			group-first ff15::1234 fe80::2: its first member
			member-joined ff15::1234 fe80::2: v2: all sources
			sight-changed all: a v2 report of fe80::2
		2s fe80::3 report v1 ff15::1234
			member-joined ff15::1234 fe80::3: v1: report
		3s fe80::3 leave v1 ff15::1234
			member-left ff15::1234 fe80::3: v1: done
		4s :: query v2
			zero-query ::: a v2 query from ::: a switch sends it, not a router
	`},
	{"this host and one that takes its address", `
		0s me=192.168.8.9 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 me: its first member
			member-joined 239.1.2.3 me: v3: all sources
		1s 192.168.8.9 report v3 to-include=239.1.2.3
		2s 192.168.8.9 query v3
		3s show
			igmp sees unknown: no report of another host in 3s, and no query asked for one
			239.1.2.3 me v3 all sources, expires at 4m20s
			bad: echo 2
	`},
	{"what is bad changes nothing", `
		0s 192.168.8.9 report v3 to-exclude=239.1.2.3 hops=2
		1s 239.1.1.1 report v3 to-exclude=239.1.2.3
		2s 192.168.8.9 report v3 to-exclude=239.1.2.3 to-exclude=10.0.0.1
		3s 2001:db8::1 report v2 to-exclude=ff15::1
		4s 192.168.8.9 report v2 10.0.0.1
		5s 192.168.8.9 report v4 239.1.2.3
		6s 255.255.255.255 query v3
		7s show
			igmp sees unknown: no report of another host in 7s, and no query asked for one
			bad: address 4
			bad: hops 1
			bad: type 1
			mld sees unknown: no report of another host in 4s, and no query asked for one
			bad: address 1
	`},

	{"sight: all, until nobody was heard for a membership interval", `
		0s me=192.168.8.9 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 me: its first member
			member-joined 239.1.2.3 me: v3: all sources
		1s show
			igmp sees unknown: no report of another host in 1s, and no query asked for one
			239.1.2.3 me v3 all sources, expires at 4m20s
		10s 192.168.8.2 report v3 to-exclude=239.1.2.3
			member-joined 239.1.2.3 192.168.8.2: v3: all sources
			sight-changed all: a v3 report of 192.168.8.2
		11s show
			igmp sees all: a v3 report of 192.168.8.2 1s ago
			239.1.2.3 192.168.8.2 v3 all sources, expires at 4m30s
			239.1.2.3 me v3 all sources, expires at 4m20s
		4m30s wait
			member-expired 239.1.2.3 me at 4m20s: no report in 4m20s, and no query was sent
			member-expired 239.1.2.3 192.168.8.2: no report in 4m20s, and no query was sent
			group-last 239.1.2.3 192.168.8.2: its last member
			sight-changed unknown: no report of another host in 4m20s, and no query asked for one
		4m31s show
			igmp sees unknown: no report of another host in 4m21s, and no query asked for one
	`},
	{"sight: a snooping switch that reports itself proves nothing", `
		0s 0.0.0.0@02:00:00:00:00:05 report v3 to-exclude=224.0.0.106
			group-first 224.0.0.106 02:00:00:00:00:05: its first member
			member-joined 224.0.0.106 02:00:00:00:00:05: v3: all sources
		1s 192.168.8.5@02:00:00:00:00:05 report v3 to-exclude=239.1.2.3
			group-first 239.1.2.3 192.168.8.5: its first member
			member-joined 239.1.2.3 192.168.8.5: v3: all sources
		2s show
			igmp sees unknown: no report of another host in 2s, and no query asked for one; a switch here reports that it snoops
			224.0.0.106 02:00:00:00:00:05 v3 all sources, expires at 4m20s
			239.1.2.3 192.168.8.5 v3 all sources, expires at 4m21s
		3s 192.168.8.2@02:00:00:00:00:02 report v3 to-exclude=239.1.2.3
			member-joined 239.1.2.3 192.168.8.2: v3: all sources
			sight-changed all: a v3 report of 192.168.8.2; a switch here reports that it snoops, and may keep back reports of older versions
	`},
	{"sight: a neighbour over IPv6 that does not report", `
		0s fe80::1@02:00:00:00:00:01 query v2
			querier-appeared fe80::1: a v2 query from fe80::1
		1s 2001:db8::2@02:00:00:00:00:02 neighbour
		2s 2001:db8::1@02:00:00:00:00:01 neighbour
		50s fe80::2@02:00:00:00:00:02 neighbour
		1m fe80::1@02:00:00:00:00:01 query v2
		1m5s fe80::2@02:00:00:00:00:02 neighbour
		1m5s 2001:db8::1@02:00:00:00:00:01 neighbour
		1m11s wait
			sight-changed own: 2001:db8::2 is a neighbour here, and no report of its came after the query 11s ago
		1m20s show
			mld sees own: 2001:db8::2 is a neighbour here, and no report of its came after the query 20s ago
			querier fe80::1 v2 every 2m5s, elected, gone at 5m15s
		1m30s fe80::2@02:00:00:00:00:02 report v2 is-exclude=ff02::1:ff00:2
			group-first ff02::1:ff00:2 fe80::2: its first member
			member-joined ff02::1:ff00:2 fe80::2: v2: all sources
			sight-changed all: a v2 report of fe80::2
	`},
	{"sight: a neighbour that was there before the query only proves nothing", `
		50s fe80::2 neighbour
		1m fe80::1 query v2
			querier-appeared fe80::1: a v2 query from fe80::1
		1m11s wait
		3m fe80::2 neighbour
		3m show
			mld sees unknown: no report of another host in 2m10s, and nothing proves that one was due
			querier fe80::1 v2 every 2m5s, elected, gone at 5m15s
	`},
	{"sight: what was over is not back because a neighbour was there before", `
		10s fe80::2 report v2 is-exclude=ff15::1234
			group-first ff15::1234 fe80::2: its first member
			member-joined ff15::1234 fe80::2: v2: all sources
			sight-changed all: a v2 report of fe80::2
		4m35s wait
			member-expired ff15::1234 fe80::2 at 4m30s: no report in 4m20s, and no query was sent
			group-last ff15::1234 fe80::2 at 4m30s: its last member
			sight-changed unknown: no report of another host in 4m25s, and no query asked for one
		4m20s fe80::3 neighbour
		4m36s wait
	`},
	{"sight: a neighbour that answers", `
		50s fe80::2 neighbour
		1m fe80::1 query v2
			querier-appeared fe80::1: a v2 query from fe80::1
		1m5s fe80::2 neighbour
		1m6s fe80::2 report v2 is-exclude=ff02::1:ff00:2
			group-first ff02::1:ff00:2 fe80::2: its first member
			member-joined ff02::1:ff00:2 fe80::2: v2: all sources
			sight-changed all: a v2 report of fe80::2
		1m11s wait
	`},
	{"sight: hosts do not answer a query from ::", `
		50s fe80::2 neighbour
		1m :: query v2
			zero-query ::: a v2 query from ::: a switch sends it, not a router
		1m5s fe80::2 neighbour
		1m11s wait
	`},
	{"sight: a host of multicast DNS that does not report", `
		50s 192.168.8.30 neighbour
		1m 0.0.0.0 query v3
			zero-query 0.0.0.0: a v3 query from 0.0.0.0: a switch sends it, not a router
		1m10s wait
		1m11s wait
			sight-changed own: probably: 192.168.8.30 sends to 224.0.0.251, and no report of its came after the query 11s ago; a switch sends queries, so it snoops
		5m31s wait
			sight-changed unknown: no report of another host in 4m41s, and nothing proves that one was due
	`},
	{"sight: this host's v2 report of multicast DNS silences the others", `
		50s 192.168.8.30 neighbour
		1m 192.168.8.1 query v2
			querier-appeared 192.168.8.1: a v2 query from 192.168.8.1
		1m1s me=192.168.8.9 report v2 224.0.0.251
			group-first 224.0.0.251 me: its first member
			member-joined 224.0.0.251 me: v2: report
		1m11s wait
	`},
}
