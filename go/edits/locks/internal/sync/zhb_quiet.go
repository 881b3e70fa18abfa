// Mutexes inside of RWMutex and Once. They guard how those work, and order nothing that the memory
// model knows of.

package sync

import "internal/runtime/atomic"

// LockQuietly is Lock without telling the race detector.
func LockQuietly(m *Mutex) {
	if !atomic.Casint32(&m.state, 0, mutexLocked) {
		m.lockSlow()
	}
}

// TryLockQuietly is TryLock without telling the race detector.
func TryLockQuietly(m *Mutex) bool {
	old := m.state
	return old&(mutexLocked|mutexStarving) == 0 && atomic.Casint32(&m.state, old, old|mutexLocked)
}

// UnlockQuietly is Unlock without telling the race detector.
func UnlockQuietly(m *Mutex) {
	if state := atomic.Xaddint32(&m.state, -mutexLocked); state != 0 {
		m.unlockSlow(state)
	}
}
