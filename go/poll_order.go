// Files that were opened for reading alone and cannot be waited for have nobody at another end, so nobody sees that they are closed.

package poll

import "syscall"

// hbDestroy closes the descriptor.
func (fd *FD) hbDestroy(readOnly bool) error {
	if readOnly {
		return syscall.HBCloseRead(fd.Sysfd)
	}
	return fd.SysFile.destroy(fd.Sysfd)
}
