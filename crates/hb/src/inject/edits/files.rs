//! Order that passes through the kernel: what comes before a system call that others can see is before what comes after one that can have seen
//! it. A race build knows that of `Read` and `Write` alone; here locks, processes, signals, names of files and the rest take part.

use super::{Change, Edit, Group};

/// System calls that show, and those that see.
pub const FILES: Group = Group {
    name: "files",
    without: "only Read and Write order through the kernel, not locks of files, other processes, copies and signals (false reports)",
    edits: EDITS,
    files: &[
        ("runtime/zhb_order.go", include_str!("../../../../../go/runtime_order.go")),
        ("syscall/zhb_order_linux_amd64.go", include_str!("../../../../../go/syscall_order.go")),
        ("syscall/zhb_order_none_linux_amd64.go", include_str!("../../../../../go/syscall_order_none.go")),
        ("internal/poll/zhb_order_linux.go", include_str!("../../../../../go/poll_order.go")),
        ("os/signal/zhb_order_linux.go", include_str!("../../../../../go/os_signal_order.go")),
    ],
};

const UNIX: &str = "syscall/syscall_unix.go";
const LINUX: &str = "syscall/syscall_linux.go";

const EDITS: &[Edit] = &[
    Edit {
        name: "call",
        file: LINUX,
        change: Change::Replace {
            text: "func Syscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err Errno) {\n\truntime_entersyscall()\n",
            with: "func Syscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err Errno) {\n\
                   \thbBefore(trap, a1, a2, a3); runtime_entersyscall()\n",
        },
    },
    Edit {
        name: "call-done",
        file: LINUX,
        change: Change::Replace {
            text: "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n\truntime_exitsyscall()\n",
            with: "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n\truntime_exitsyscall(); hbAfter(trap, a1, a2, err)\n",
        },
    },
    Edit {
        name: "call6",
        file: LINUX,
        change: Change::Replace {
            text: "\truntime_entersyscall()\n\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, a4, a5, a6)\n\truntime_exitsyscall()\n",
            with: "\thbBefore(trap, a1, a2, a3); runtime_entersyscall()\n\
                   \tr1, r2, err = RawSyscall6(trap, a1, a2, a3, a4, a5, a6)\n\
                   \truntime_exitsyscall(); hbAfter(trap, a1, a2, err)\n",
        },
    },
    Edit {
        name: "call-raw",
        file: LINUX,
        change: Change::Replace {
            text: "\treturn RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n",
            with: "\thbRaw(trap); return RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n",
        },
    },
    // These four have hooks of their own around the call, which stay as they are.
    Edit {
        name: "file-read",
        file: UNIX,
        change: Change::Replace { text: "\tn, err = read(fd, p)\n", with: "\tn, err = hbread(fd, p)\n" },
    },
    Edit {
        name: "file-write",
        file: UNIX,
        change: Change::Replace { text: "\tn, err = write(fd, p)\n", with: "\tn, err = hbwrite(fd, p)\n" },
    },
    Edit {
        name: "file-read-at",
        file: UNIX,
        change: Change::Replace {
            text: "\tn, err = pread(fd, p, offset)\n",
            with: "\tn, err = hbpread(fd, p, offset)\n",
        },
    },
    Edit {
        name: "file-write-at",
        file: UNIX,
        change: Change::Replace {
            text: "\tn, err = pwrite(fd, p, offset)\n",
            with: "\tn, err = hbpwrite(fd, p, offset)\n",
        },
    },
    Edit {
        name: "process-start",
        file: "syscall/exec_unix.go",
        change: Change::Replace {
            text: "\n\tacquireForkLock()\n",
            with: "\n\thbBefore(SYS_CLONE, 0, 0, 0); acquireForkLock()\n",
        },
    },
    Edit {
        name: "signal",
        file: "os/signal/signal_unix.go",
        change: Change::Replace {
            text: "process(syscall.Signal(signal_recv()))",
            with: "process(hbReceived(signal_recv()))",
        },
    },
    Edit {
        name: "open-read",
        file: "os/file_unix.go",
        change: Change::Replace {
            text: "kindOpenFile, unix.HasNonblockFlag(flag))\n\tf.pfd.SysFile = s\n",
            with: "kindOpenFile, unix.HasNonblockFlag(flag))\n\
                   \tf.pfd.SysFile = s; f.pfd.HBReadOnly = flag&(syscall.O_WRONLY|syscall.O_RDWR) == 0\n",
        },
    },
    Edit {
        name: "open-directory",
        file: "os/file_unix.go",
        change: Change::Replace {
            text: "kindNoPoll, false)\n\tf.pfd.SysFile = s\n",
            with: "kindNoPoll, false)\n\tf.pfd.SysFile = s; f.pfd.HBReadOnly = true\n",
        },
    },
    // What stands for a child process has no other end either.
    Edit {
        name: "close-process",
        file: "os/exec_linux.go",
        change: Change::Replace {
            text: "\tsyscall.Close(int(ph.handle))\n",
            with: "\tsyscall.HBCloseRead(int(ph.handle))\n",
        },
    },
    Edit {
        name: "close-read-mark",
        file: "internal/poll/fd_unix.go",
        change: Change::Replace { text: "\tisFile bool\n", with: "\tisFile bool; HBReadOnly bool\n" },
    },
    Edit {
        name: "close-read",
        file: "internal/poll/fd_unix.go",
        change: Change::Replace {
            text: "\tfd.pd.close()\n\n\terr := fd.SysFile.destroy(fd.Sysfd)\n",
            with: "\treadOnly := fd.HBReadOnly && !fd.pd.pollable(); fd.pd.close()\n\n\terr := fd.hbDestroy(readOnly)\n",
        },
    },
];
