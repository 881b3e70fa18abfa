// In the Go distribution, this file imports the prebuilt C++ detector.

package race
