// Package runtime: what programs ask of the scheduler.
package runtime

const (
	GOOS     = "linux"
	GOARCH   = "amd64"
	Compiler = "gc"
)

// Error is a runtime error.
type Error interface {
	error
	RuntimeError()
}

type errorString string

func (e errorString) Error() string { return "runtime error: " + string(e) }
func (e errorString) RuntimeError() {}

var _ Error = errorString("")

func Gosched()
func NumGoroutine() int
func Goexit()

func choose(n int) int
func throw(text string)

func GC()                  {}
func KeepAlive(x any)      {}
func NumCPU() int          { return 8 }
func GOMAXPROCS(n int) int { return 8 }
func Version() string      { return "go" }
func LockOSThread()        {}
func UnlockOSThread()      {}
