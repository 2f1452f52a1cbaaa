package lab

// Counters are what an interface has counted since it was made.
type Counters struct {
	RxPackets, RxBytes uint64 // with those that Link.Drop lost
	TxPackets, TxBytes uint64
	Dropped            uint64 // by the kernel, in a queue of Link.Delay, and by Link.Drop since it was last called
	Up                 bool   // it is switched on
	Carrier            bool   // and its wire is whole
}
