// Objects that a Pool keeps for the goroutine which put them there.
//
// A race build drops one of four objects that are put into a Pool, so that what uses the Pool is
// not ordered by it every time. It costs a new object. Here one of four is laid aside for the
// goroutine that put it: to get it back orders nothing, and nobody else gets it.

package sync

// hbAside is such an object, one for each processor in a Pool.
type hbAside struct {
	object    any
	goroutine uint64
}

func (p *Pool) hbLayAside(x any) {
	l, _ := p.pin()
	l.hbAside = hbAside{x, hbGoroutine()}
	runtime_procUnpin()
}

// take returns the object if it was laid aside by the goroutine that asks, which is pinned.
func (a *hbAside) take() any {
	if a.object == nil || a.goroutine != hbGoroutine() {
		return nil
	}
	x := a.object
	a.object = nil
	return x
}
