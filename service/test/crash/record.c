// Records what a program does to the files below one folder: loaded by LD_PRELOAD, it writes one entry a call to the
// file CRASH_RECORD_TO, for paths below CRASH_RECORD_FOLDER. An entry is a line of words, then as many bytes as the
// last word says. Calls that failed are left out.
//
//   open FD FLAGS PATH 0            write FD OFFSET N + bytes     truncate FD LENGTH 0
//   rename FROM TO 0                link FROM TO 0                unlink PATH 0
//   mkdir PATH 0                    rmdir PATH 0                  sync FD 0                close FD 0
//
// SQLite and Node make all their changes by these calls: SQLite's memory maps are off, and UV_USE_IO_URING=0.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kMostFiles = 4096, kMostPath = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
// The inode that a descriptor was opened on, 0 where it is not ours. Node closes files by a bare system call, which is
// not seen here: a descriptor that has become another file is told by its inode.
static ino_t watched[kMostFiles];
static int log_file = -1;
static const char *folder;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void start(void) {
  if (log_file >= 0) return;
  folder = getenv("CRASH_RECORD_FOLDER");
  const char *to = getenv("CRASH_RECORD_TO");
  if (!folder || !to) return;
  log_file = NEXT(open64)(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t count) {
  const char *at = bytes;
  while (count > 0) {
    ssize_t done = NEXT(write)(log_file, at, count);
    if (done <= 0) abort();
    at += done;
    count -= (size_t)done;
  }
}

static void record(const void *bytes, size_t count, const char *format, ...) {
  char line[3 * kMostPath];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  if (length < 0 || (size_t)length >= sizeof line) abort();
  put(line, (size_t)length);
  if (count > 0) put(bytes, count);
}

static int is_ours(const char *path) {
  return log_file >= 0 && folder && strncmp(path, folder, strlen(folder)) == 0;
}

static ino_t inode_of(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static int is_watched(int fd) {
  return fd >= 0 && fd < kMostFiles && watched[fd] != 0 && watched[fd] == inode_of(fd);
}

static int opened(int fd, const char *path, int flags) {
  int error = errno;
  pthread_mutex_lock(&lock);
  start();
  if (fd >= 0 && fd < kMostFiles) watched[fd] = is_ours(path) ? inode_of(fd) : 0;
  if (is_watched(fd)) {
    record(NULL, 0, "open %d %d %s 0\n", fd, flags & (O_CREAT | O_TRUNC | O_ACCMODE), path);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

static int mode_of(int flags, va_list list) { return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, int) : 0; }

#define OPEN(name)                                       \
  int name(const char *path, int flags, ...) {           \
    va_list list;                                        \
    va_start(list, flags);                               \
    int mode = mode_of(flags, list);                     \
    va_end(list);                                        \
    return opened(NEXT(name)(path, flags, mode), path, flags); \
  }
OPEN(open)
OPEN(open64)

// Calls are recorded in the order of their effects: nobody else changes anything in between.
#define ORDERED(result_type, call, condition, ...) \
  pthread_mutex_lock(&lock);                       \
  start();                                         \
  result_type result = call;                       \
  int error = errno;                               \
  if (condition) record(__VA_ARGS__);              \
  pthread_mutex_unlock(&lock);                     \
  errno = error;                                   \
  return result;

ssize_t write(int fd, const void *bytes, size_t count) {
  if (!is_watched(fd)) return NEXT(write)(fd, bytes, count);
  long at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
  ORDERED(ssize_t, NEXT(write)(fd, bytes, count), result > 0, bytes, (size_t)result, "write %d %ld %zd\n", fd, at, result)
}

#define PWRITE(name, offset_type)                                                                          \
  ssize_t name(int fd, const void *bytes, size_t count, offset_type at) {                                  \
    if (!is_watched(fd)) return NEXT(name)(fd, bytes, count, at);                                          \
    ORDERED(ssize_t, NEXT(name)(fd, bytes, count, at), result > 0, bytes, (size_t)result, "write %d %ld %zd\n", fd, \
            (long)at, result)                                                                              \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

// One by one, so that each is an entry of its own.
ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!is_watched(fd)) return NEXT(writev)(fd, parts, count);
  ssize_t sum = 0;
  for (int i = 0; i < count; ++i) {
    ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (done < 0) return sum > 0 ? sum : done;
    sum += done;
    if ((size_t)done < parts[i].iov_len) break;
  }
  return sum;
}

#define TRUNCATE(name, offset_type)                                                                    \
  int name(int fd, offset_type length) {                                                               \
    if (!is_watched(fd)) return NEXT(name)(fd, length);                                                \
    ORDERED(int, NEXT(name)(fd, length), result == 0, NULL, 0, "truncate %d %ld 0\n", fd, (long)length) \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                                  \
  int name(int fd) {                                                                \
    if (!is_watched(fd)) return NEXT(name)(fd);                                     \
    ORDERED(int, NEXT(name)(fd), result == 0, NULL, 0, "sync %d 0\n", fd)           \
  }
SYNC(fsync)
SYNC(fdatasync)

int close(int fd) {
  if (!is_watched(fd)) return NEXT(close)(fd);
  watched[fd] = 0;
  ORDERED(int, NEXT(close)(fd), result == 0, NULL, 0, "close %d 0\n", fd)
}

#define TWO_PATHS(name)                                                                                      \
  int name(const char *from, const char *to) {                                                               \
    if (!is_ours(from)) return NEXT(name)(from, to);                                                         \
    ORDERED(int, NEXT(name)(from, to), result == 0, NULL, 0, #name " %s %s 0\n", from, to)                   \
  }
TWO_PATHS(rename)
TWO_PATHS(link)

#define ONE_PATH(name)                                                                         \
  int name(const char *path) {                                                                 \
    if (!is_ours(path)) return NEXT(name)(path);                                               \
    ORDERED(int, NEXT(name)(path), result == 0, NULL, 0, #name " %s 0\n", path)                \
  }
ONE_PATH(unlink)
ONE_PATH(rmdir)

int mkdir(const char *path, mode_t mode) {
  if (!is_ours(path)) return NEXT(mkdir)(path, mode);
  ORDERED(int, NEXT(mkdir)(path, mode), result == 0, NULL, 0, "mkdir %s 0\n", path)
}
