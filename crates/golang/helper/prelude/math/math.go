// Package math.
package math

const (
	MaxInt    = 1<<63 - 1
	MinInt    = -1 << 63
	MaxInt32  = 1<<31 - 1
	MinInt32  = -1 << 31
	MaxInt64  = 1<<63 - 1
	MinInt64  = -1 << 63
	MaxUint8  = 1<<8 - 1
	MaxUint32 = 1<<32 - 1
	Pi        = 3.14159265358979323846264338327950288419716939937510582097494459
)

func Sqrt(x float64) float64
func Floor(x float64) float64

func Abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
func Max(x, y float64) float64 { return max(x, y) }
func Min(x, y float64) float64 { return min(x, y) }
