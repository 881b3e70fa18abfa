// Package sync: the state of each primitive is a word that only its methods use.
package sync

type Locker interface {
	Lock()
	Unlock()
}

type Mutex struct{ state int }

func (m *Mutex) Lock()
func (m *Mutex) Unlock()
func (m *Mutex) TryLock() bool

type RWMutex struct{ state int }

func (m *RWMutex) Lock()
func (m *RWMutex) Unlock()
func (m *RWMutex) RLock()
func (m *RWMutex) RUnlock()
func (m *RWMutex) TryLock() bool
func (m *RWMutex) TryRLock() bool

type rlocker struct{ m *RWMutex }

func (r *rlocker) Lock()   { r.m.RLock() }
func (r *rlocker) Unlock() { r.m.RUnlock() }

func (m *RWMutex) RLocker() Locker { return &rlocker{m} }

type WaitGroup struct{ count int }

func (wg *WaitGroup) Add(delta int)
func (wg *WaitGroup) Done()
func (wg *WaitGroup) Wait()

func (wg *WaitGroup) Go(f func()) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		f()
	}()
}

type Once struct{ state int }

func onceEnter(o *int) bool
func onceLeave(o *int)

func (o *Once) Do(f func()) {
	if onceEnter(&o.state) {
		defer onceLeave(&o.state)
		f()
	}
}

func OnceFunc(f func()) func() {
	var once Once
	var failed bool
	var p any
	return func() {
		once.Do(func() {
			defer func() {
				if failed {
					p = recover()
					panic(p)
				}
			}()
			failed = true
			f()
			failed = false
		})
		if failed {
			panic(p)
		}
	}
}

func OnceValue[T any](f func() T) func() T {
	var result T
	once := OnceFunc(func() { result = f() })
	return func() T {
		once()
		return result
	}
}

func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) {
	var r1 T1
	var r2 T2
	once := OnceFunc(func() { r1, r2 = f() })
	return func() (T1, T2) {
		once()
		return r1, r2
	}
}

type Cond struct {
	L     Locker
	state int
}

func NewCond(l Locker) *Cond { return &Cond{L: l} }

func condAdd(c *int) int
func condPark(c *int, ticket int)
func condSignal(c *int)
func condBroadcast(c *int)

func (c *Cond) Wait() {
	ticket := condAdd(&c.state)
	c.L.Unlock()
	condPark(&c.state, ticket)
	c.L.Lock()
}

func (c *Cond) Signal()    { condSignal(&c.state) }
func (c *Cond) Broadcast() { condBroadcast(&c.state) }

type Pool struct {
	state int
	New   func() any
}

func poolPut(p *int, x any)
func poolGet(p *int) (any, bool)

func (p *Pool) Put(x any) {
	if x != nil {
		poolPut(&p.state, x)
	}
}

func (p *Pool) Get() any {
	if x, ok := poolGet(&p.state); ok {
		return x
	}
	if p.New != nil {
		return p.New()
	}
	return nil
}

type Map struct{ state int }

func mapLoad(m *int, key any) (any, bool)
func mapSwap(m *int, key, value any) (any, bool)
func mapLoadOrStore(m *int, key, value any) (any, bool)
func mapCompareAndSwap(m *int, key, old, new any) bool
func mapLoadAndDelete(m *int, key any) (any, bool)
func mapCompareAndDelete(m *int, key, old any) bool
func mapKeys(m *int) []any

func (m *Map) Load(key any) (value any, ok bool)               { return mapLoad(&m.state, key) }
func (m *Map) Store(key, value any)                            { mapSwap(&m.state, key, value) }
func (m *Map) Swap(key, value any) (previous any, loaded bool) { return mapSwap(&m.state, key, value) }
func (m *Map) LoadOrStore(key, value any) (actual any, loaded bool) {
	return mapLoadOrStore(&m.state, key, value)
}
func (m *Map) LoadAndDelete(key any) (value any, loaded bool) { return mapLoadAndDelete(&m.state, key) }
func (m *Map) Delete(key any)                                 { mapLoadAndDelete(&m.state, key) }
func (m *Map) CompareAndSwap(key, old, new any) bool {
	return mapCompareAndSwap(&m.state, key, old, new)
}
func (m *Map) CompareAndDelete(key, old any) bool { return mapCompareAndDelete(&m.state, key, old) }

func (m *Map) Range(f func(key, value any) bool) {
	for _, key := range mapKeys(&m.state) {
		if value, ok := m.Load(key); ok && !f(key, value) {
			return
		}
	}
}

func (m *Map) Clear() {
	for _, key := range mapKeys(&m.state) {
		m.Delete(key)
	}
}
