//go:build !race

package runtime

func hbpercent(c *gcControllerState) int32 { return c.gcPercent.Load() }
