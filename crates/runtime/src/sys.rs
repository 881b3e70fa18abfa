//! Linux system calls on amd64, made directly.
//!
//! Each function returns what the kernel returned: a non-negative result, or a negated errno
//! (`-4095..=-1`). None of them touches a thread-local `errno`, because there is none.

use core::arch::asm;

const READ: usize = 0;
const WRITE: usize = 1;
const CLOSE: usize = 3;
const FSTAT: usize = 5;
const POLL: usize = 7;
const MMAP: usize = 9;
const MUNMAP: usize = 11;
const SCHED_YIELD: usize = 24;
const MADVISE: usize = 28;
const NANOSLEEP: usize = 35;
const GETPID: usize = 39;
const SOCKET: usize = 41;
const CONNECT: usize = 42;
const SENDTO: usize = 44;
const READLINK: usize = 89;
const GETPPID: usize = 110;
const CLOCK_GETTIME: usize = 228;
const EXIT_GROUP: usize = 231;
const OPENAT: usize = 257;

/// Interrupted by a signal.
pub const EINTR: isize = -4;
/// Out of memory, or over the limit of address space.
pub const ENOMEM: isize = -12;
/// Exists already: for a mapping, the addresses are taken.
pub const EEXIST: isize = -17;

/// `open` for reading.
pub const O_RDONLY: usize = 0;
/// `open` for writing.
pub const O_WRONLY: usize = 1;
/// Create the file if it is absent.
pub const O_CREAT: usize = 0o100;
/// Empty the file if it exists.
pub const O_TRUNC: usize = 0o1000;
/// Write at the end of the file, each write in one piece.
pub const O_APPEND: usize = 0o2000;
/// Not inherited by a program started with `exec`.
pub const O_CLOEXEC: usize = 0o2_000_000;

/// Pages' contents may be dropped; they read as zero afterwards.
pub const MADV_DONTNEED: usize = 4;
/// Advice: get the pages now, for writing.
pub const MADV_POPULATE_WRITE: usize = 23;
/// Do not use huge pages here.
pub const MADV_NOHUGEPAGE: usize = 15;
/// Use huge pages here where there are any.
pub const MADV_HUGEPAGE: usize = 14;
/// Leave these pages out of core dumps.
pub const MADV_DONTDUMP: usize = 16;

/// Memory that can be read.
pub const PROT_READ: usize = 1;
/// Memory that can be read and written.
pub const PROT_READ_WRITE: usize = 1 | 2;
const MAP_PRIVATE: usize = 0x02;
const MAP_ANONYMOUS: usize = 0x20;
const MAP_NORESERVE: usize = 0x4000;
const MAP_FIXED_NOREPLACE: usize = 0x10_0000;

/// # Safety
/// `nr` and the arguments must form a system call whose effect on memory the caller answers for.
#[inline]
unsafe fn syscall6(nr: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
    let ret: isize;
    // SAFETY: the instruction clobbers what is listed here; the rest is the caller's promise.
    unsafe {
        asm!("syscall", inlateout("rax") nr as isize => ret,
             in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
             lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    ret
}

/// # Safety
/// As for [`syscall6`].
#[inline]
unsafe fn syscall3(nr: usize, a: usize, b: usize, c: usize) -> isize {
    // SAFETY: the caller's promise.
    unsafe { syscall6(nr, a, b, c, 0, 0, 0) }
}

/// Ends the process with an invalid instruction (SIGILL): a bug in the runtime was met.
#[inline]
pub fn trap() -> ! {
    // SAFETY: does not return.
    unsafe { asm!("ud2", options(noreturn, nomem, nostack)) }
}

/// Maps `size` bytes of zeros, to be used as `access` says (`PROT_*`), at exactly `addr`, without reserving memory
/// for them. Both are multiples of the page size. Fails with [`EEXIST`] if something is there
/// already (kernels before 4.17 choose another address instead: that too is undone and reported as
/// [`EEXIST`]).
pub fn map_fixed(addr: usize, size: usize, access: usize) -> isize {
    // SAFETY: MAP_FIXED_NOREPLACE never replaces a mapping, so no memory in use changes.
    let got = unsafe {
        syscall6(
            MMAP,
            addr,
            size,
            access,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
            usize::MAX,
            0,
        )
    };
    if got > 0 && got as usize != addr {
        // SAFETY: the mapping was made by the call above, and nobody knows of it.
        unsafe { unmap(got as usize, size) };
        return EEXIST;
    }
    got
}

/// Maps the file of a NUL-terminated path for reading, for as long as the process lives; empty if that can't be done.
pub fn map_file(path: &[u8]) -> &'static [u8] {
    if path.last() != Some(&0) {
        return &[];
    }
    // SAFETY: the path ends in NUL.
    let fd = unsafe { open(path.as_ptr(), O_RDONLY | O_CLOEXEC, 0) };
    if fd < 0 {
        return &[];
    }
    // struct stat has the size in its seventh word.
    let mut stat = [0_u64; 18];
    // SAFETY: the kernel writes one struct stat, for which there is room.
    let error = unsafe { syscall3(FSTAT, fd as usize, stat.as_mut_ptr() as usize, 0) };
    let size = if error < 0 { 0 } else { stat[6] as usize };
    // SAFETY: the kernel chooses addresses that are free.
    let at = unsafe { syscall6(MMAP, 0, size, PROT_READ, MAP_PRIVATE, fd as usize, 0) };
    // SAFETY: opened above; the mapping stays without it.
    unsafe { close(fd as i32) };
    if at <= 0 {
        return &[];
    }
    // SAFETY: mapped above, and nobody takes it away. The caller names a file that does not shrink.
    unsafe { core::slice::from_raw_parts(at as *const u8, size) }
}

/// Removes the mapping of `size` bytes at `addr`.
///
/// # Safety
/// Nobody may use the range any more.
pub unsafe fn unmap(addr: usize, size: usize) -> isize {
    // SAFETY: the caller's promise.
    unsafe { syscall3(MUNMAP, addr, size, 0) }
}

/// Advises the kernel about the `size` bytes at `addr` (`MADV_*`).
///
/// # Safety
/// With [`MADV_DONTNEED`] the contents are gone: nobody may count on them any more.
pub unsafe fn advise(addr: usize, size: usize, advice: usize) -> isize {
    // SAFETY: the caller's promise.
    unsafe { syscall3(MADVISE, addr, size, advice) }
}

/// Opens the file of the NUL-terminated path `path`, relative to the working directory.
///
/// # Safety
/// `path` must end in a NUL byte within its allocation.
pub unsafe fn open(path: *const u8, flags: usize, mode: usize) -> isize {
    const AT_FDCWD: usize = -100_isize as usize;
    // SAFETY: the kernel reads the path up to its NUL, which the caller promises to be there.
    unsafe { syscall6(OPENAT, AT_FDCWD, path as usize, flags, mode, 0, 0) }
}

/// Closes a file descriptor.
///
/// # Safety
/// The descriptor must be the caller's own.
pub unsafe fn close(fd: i32) -> isize {
    // SAFETY: the caller's promise.
    unsafe { syscall3(CLOSE, fd as usize, 0, 0) }
}

/// Reads into `buf`; the result is the number of bytes, 0 at the end of the file.
pub fn read(fd: i32, buf: &mut [u8]) -> isize {
    // SAFETY: the kernel writes no more than the slice's length, and the slice is exclusive.
    unsafe { syscall3(READ, fd as usize, buf.as_mut_ptr() as usize, buf.len()) }
}

/// Writes `buf` once; the result is the number of bytes that went out.
pub fn write(fd: i32, buf: &[u8]) -> isize {
    // SAFETY: the kernel only reads the slice.
    unsafe { syscall3(WRITE, fd as usize, buf.as_ptr() as usize, buf.len()) }
}

/// Writes all of `buf`, going on after interrupted and partial writes; the first other error ends it.
pub fn write_all(fd: i32, mut buf: &[u8]) -> Result<(), isize> {
    while !buf.is_empty() {
        match write(fd, buf) {
            EINTR => {}
            n if n > 0 => buf = buf.get(n as usize..).unwrap_or_default(),
            error => return Err(error),
        }
    }
    Ok(())
}

/// Ends the process, with all its threads.
pub fn exit_group(status: i32) -> ! {
    loop {
        // SAFETY: the call does not return.
        unsafe { syscall3(EXIT_GROUP, status as usize, 0, 0) };
    }
}

/// The process id.
pub fn getpid() -> i32 {
    // SAFETY: touches no memory.
    unsafe { syscall3(GETPID, 0, 0, 0) as i32 }
}

/// Lets other threads run.
pub fn sched_yield() {
    // SAFETY: touches no memory.
    unsafe { syscall3(SCHED_YIELD, 0, 0, 0) };
}

/// Sleeps for about `nanoseconds`; a signal may end it early.
pub fn nanosleep(nanoseconds: u64) {
    let time = [(nanoseconds / 1_000_000_000) as i64, (nanoseconds % 1_000_000_000) as i64];
    // SAFETY: the kernel reads one timespec and, without a second argument, writes nothing.
    unsafe { syscall3(NANOSLEEP, time.as_ptr() as usize, 0, 0) };
}

/// Nanoseconds since 1970.
pub fn wall_nanoseconds() -> u64 {
    clock(0)
}

fn clock(id: usize) -> u64 {
    let mut time = [0_i64; 2];
    // SAFETY: the kernel writes one timespec, which is what `time` has room for.
    unsafe { syscall3(CLOCK_GETTIME, id, time.as_mut_ptr() as usize, 0) };
    (time[0] as u64).wrapping_mul(1_000_000_000).wrapping_add(time[1] as u64)
}

/// The parent's process id.
pub fn getppid() -> i32 {
    // SAFETY: touches no memory.
    unsafe { syscall3(GETPPID, 0, 0, 0) as i32 }
}

/// Device and inode of an open descriptor.
pub fn identity(fd: i32) -> Option<(u64, u64)> {
    // struct stat is 144 bytes; it begins with st_dev and st_ino.
    let mut stat = [0_u64; 18];
    // SAFETY: the kernel writes one struct stat, for which there is room.
    let error = unsafe { syscall3(FSTAT, fd as usize, stat.as_mut_ptr() as usize, 0) };
    let [device, inode, ..] = stat;
    if error < 0 { None } else { Some((device, inode)) }
}

/// Waits until `fd` can be written to, for at most so many milliseconds.
pub fn wait_writable(fd: i32, milliseconds: u32) {
    const POLLOUT: u64 = 4;
    // struct pollfd: descriptor, wanted events, returned events.
    let mut poll = fd as u32 as u64 | POLLOUT << 32;
    // SAFETY: the kernel reads and writes one struct pollfd.
    unsafe { syscall3(POLL, (&raw mut poll) as usize, 1, milliseconds as usize) };
}

/// Connects to the Unix stream socket at a NUL-terminated path of at most 108 bytes, sends `bytes`, and waits at most so many
/// milliseconds for one byte of an answer.
pub fn ask(path: &[u8], bytes: &[u8], milliseconds: u32) -> Option<u8> {
    const AF_UNIX: usize = 1;
    const SOCK_STREAM_CLOEXEC: usize = 1 | 0o2_000_000;
    // SAFETY: touches no memory.
    let fd = unsafe { syscall3(SOCKET, AF_UNIX, SOCK_STREAM_CLOEXEC, 0) };
    if fd < 0 {
        return None;
    }
    let answer = exchange(fd as i32, path, bytes, milliseconds);
    // SAFETY: opened above.
    unsafe { close(fd as i32) };
    answer
}

fn exchange(fd: i32, path: &[u8], mut bytes: &[u8], milliseconds: u32) -> Option<u8> {
    const MSG_NOSIGNAL: usize = 0x4000;
    const POLLIN: u64 = 1;
    // struct sockaddr_un: the family (AF_UNIX, 1) in two bytes, then the path.
    let mut address = [0_u8; 110];
    for (to, from) in address.iter_mut().zip([1, 0].iter().chain(path)) {
        *to = *from;
    }
    let length = 2 + path.len();
    // SAFETY: the kernel reads `length` bytes of the address, at most its size.
    if length > address.len() || unsafe { syscall3(CONNECT, fd as usize, address.as_ptr() as usize, length) } < 0 {
        return None;
    }
    while !bytes.is_empty() {
        // SAFETY: the kernel reads the slice.
        match unsafe { syscall6(SENDTO, fd as usize, bytes.as_ptr() as usize, bytes.len(), MSG_NOSIGNAL, 0, 0) } {
            EINTR => {}
            n if n > 0 => bytes = bytes.get(n as usize..).unwrap_or_default(),
            _ => return None,
        }
    }
    // The preemption signals of Go interrupt a wait; each begins anew, which is good enough for a bound.
    for _ in 0..1000 {
        let mut poll = fd as u32 as u64 | POLLIN << 32;
        // SAFETY: the kernel reads and writes one struct pollfd.
        match unsafe { syscall3(POLL, (&raw mut poll) as usize, 1, milliseconds as usize) } {
            EINTR => {}
            n if n > 0 => {
                let mut answer = [0];
                return if read(fd, &mut answer) == 1 { Some(answer[0]) } else { None };
            }
            _ => return None,
        }
    }
    None
}

/// The path of the running program, in `buf`; empty if it can't be had or is too long.
pub fn executable(buf: &mut [u8]) -> &[u8] {
    // SAFETY: the path is NUL-terminated, and the kernel writes no more than the slice's length.
    let n = unsafe { syscall3(READLINK, c"/proc/self/exe".as_ptr() as usize, buf.as_mut_ptr() as usize, buf.len()) };
    if n > 0 && (n as usize) < buf.len() { buf.get(..n as usize).unwrap_or(&[]) } else { &[] }
}

/// Reads a file of a NUL-terminated path into `buf`; the result is the number of bytes, 0 if it can't be read.
pub fn read_file(path: &[u8], buf: &mut [u8]) -> usize {
    if path.last() != Some(&0) {
        return 0;
    }
    // SAFETY: the path ends in NUL.
    let fd = unsafe { open(path.as_ptr(), O_RDONLY | O_CLOEXEC, 0) };
    if fd < 0 {
        return 0;
    }
    let mut length = 0;
    while let Some(rest) = buf.get_mut(length..) {
        match read(fd as i32, rest) {
            EINTR => {}
            n if n > 0 => length += n as usize,
            _ => break,
        }
    }
    // SAFETY: opened above.
    unsafe { close(fd as i32) };
    length
}
