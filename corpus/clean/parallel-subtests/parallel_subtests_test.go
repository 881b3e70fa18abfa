// The parallel subtests run in a group; the test reads what they wrote after the group's Run has returned.
//
//hb:case clean row=4,25 pattern=parallel-subtests
package parallelsubtests

import (
	"strings"
	"testing"
)

func TestUpper(t *testing.T) {
	words := []string{"ann", "bob", "cleo"}
	upper := make([]string, len(words))
	fixture := map[string]string{}
	t.Cleanup(func() { fixture["state"] = "closed" })
	fixture["state"] = "open"
	t.Run("group", func(t *testing.T) {
		for i, word := range words {
			t.Run(word, func(t *testing.T) {
				t.Parallel()
				if fixture["state"] != "open" {
					t.Error("fixture is closed")
				}
				upper[i] = strings.ToUpper(word)
			})
		}
	})
	if strings.Join(upper, " ") != "ANN BOB CLEO" {
		t.Error(upper)
	}
}
