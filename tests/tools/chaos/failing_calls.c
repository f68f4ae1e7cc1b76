/* Lets system calls on paths below $FAILING_PATH fail while the file $FAILING_SWITCH says so.

   The file holds "ERRNO PERCENT CALLS": the error, how many of 100 calls fail, and which: letters of
   w (write), o (open that creates), s (fsync), r (rename), m (mkdir), u (unlink), l (flock), d (open or list a folder),
   e (open to read), i (read), t (stat).
   gcc -shared -fPIC -O1 -o failing_calls.so failing_calls.c -ldl */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned state = 0;

static int below(const char *path) {
  const char *prefix = getenv("FAILING_PATH");
  return prefix && !strncmp(path, prefix, strlen(prefix));
}

static int fd_below(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return below(path);
}

static int path_below(int dir, const char *path) {
  if (path[0] == '/') return below(path);
  if (dir != AT_FDCWD) return fd_below(dir);
  char whole[8192];
  if (!getcwd(whole, 4096)) return 0;
  strcat(whole, "/");
  return below(strncat(whole, path, 4000));
}

/* The error of this call, or 0. */
static int error_now(char call) {
  const char *name = getenv("FAILING_SWITCH");
  if (!name || access(name, R_OK)) return 0;
  static int (*really)(const char *, int, ...);
  if (!really) really = dlsym(RTLD_NEXT, "open");
  int fd = really(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[64] = "", calls[32] = "";
  int number = 0, percent = 0;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0 || sscanf(text, "%d %d %31s", &number, &percent, calls) != 3 || !strchr(calls, call)) return 0;
  if (!state) state = (unsigned)getpid();
  return (int)(rand_r(&state) % 100) < percent ? number : 0;
}

#define FAIL(call, is_below)                                          \
  do {                                                                \
    int kept = errno, number = (is_below) ? error_now(call) : 0;      \
    errno = kept;                                                     \
    if (number) { errno = number; return -1; }                        \
  } while (0)
#define REAL(name, type, ...)                                         \
  static type (*really)(__VA_ARGS__);                                 \
  if (!really) really = dlsym(RTLD_NEXT, name)

static char kind_of_open(int flags) {
  if (flags & O_DIRECTORY) return 'd';
  return flags & (O_CREAT | O_TRUNC) ? 'o' : 'e';
}

#define OPEN(name)                                                    \
  int name(const char *path, int flags, ...) {                        \
    REAL(#name, int, const char *, int, ...);                         \
    va_list rest; va_start(rest, flags);                              \
    int mode = flags & O_CREAT ? va_arg(rest, int) : 0; va_end(rest); \
    FAIL(kind_of_open(flags), path_below(AT_FDCWD, path));            \
    return really(path, flags, mode);                                 \
  }
#define OPENAT(name)                                                  \
  int name(int dir, const char *path, int flags, ...) {               \
    REAL(#name, int, int, const char *, int, ...);                    \
    va_list rest; va_start(rest, flags);                              \
    int mode = flags & O_CREAT ? va_arg(rest, int) : 0; va_end(rest); \
    FAIL(kind_of_open(flags), path_below(dir, path));                 \
    return really(dir, path, flags, mode);                            \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *data, size_t count) {
  REAL("write", ssize_t, int, const void *, size_t);
  FAIL('w', fd_below(fd));
  return really(fd, data, count);
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t at) {
  REAL("pwrite", ssize_t, int, const void *, size_t, off_t);
  FAIL('w', fd_below(fd));
  return really(fd, data, count, at);
}
ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) {
  REAL("pwrite64", ssize_t, int, const void *, size_t, off64_t);
  FAIL('w', fd_below(fd));
  return really(fd, data, count, at);
}
int fsync(int fd) { REAL("fsync", int, int); FAIL('s', fd_below(fd)); return really(fd); }
int flock(int fd, int how) {
  REAL("flock", int, int, int);
  if (!(how & LOCK_UN)) FAIL('l', fd_below(fd));
  return really(fd, how);
}
int rename(const char *old, const char *to) {
  REAL("rename", int, const char *, const char *);
  FAIL('r', path_below(AT_FDCWD, to));
  return really(old, to);
}
int renameat(int from, const char *old, int dir, const char *to) {
  REAL("renameat", int, int, const char *, int, const char *);
  FAIL('r', path_below(dir, to));
  return really(from, old, dir, to);
}
int mkdir(const char *path, mode_t mode) {
  REAL("mkdir", int, const char *, mode_t);
  FAIL('m', path_below(AT_FDCWD, path));
  return really(path, mode);
}
int mkdirat(int dir, const char *path, mode_t mode) {
  REAL("mkdirat", int, int, const char *, mode_t);
  FAIL('m', path_below(dir, path));
  return really(dir, path, mode);
}
int unlink(const char *path) { REAL("unlink", int, const char *); FAIL('u', path_below(AT_FDCWD, path)); return really(path); }
int unlinkat(int dir, const char *path, int flags) {
  REAL("unlinkat", int, int, const char *, int);
  FAIL('u', path_below(dir, path));
  return really(dir, path, flags);
}

DIR *opendir(const char *path) {
  REAL("opendir", DIR *, const char *);
  int number = path_below(AT_FDCWD, path) ? error_now('d') : 0;
  if (number) { errno = number; return NULL; }
  return really(path);
}
ssize_t read(int fd, void *data, size_t count) {
  REAL("read", ssize_t, int, void *, size_t);
  FAIL('i', fd_below(fd));
  return really(fd, data, count);
}
ssize_t pread(int fd, void *data, size_t count, off_t at) {
  REAL("pread", ssize_t, int, void *, size_t, off_t);
  FAIL('i', fd_below(fd));
  return really(fd, data, count, at);
}
ssize_t pread64(int fd, void *data, size_t count, off64_t at) {
  REAL("pread64", ssize_t, int, void *, size_t, off64_t);
  FAIL('i', fd_below(fd));
  return really(fd, data, count, at);
}

#define STATAT(name, type)                                            \
  int name(int dir, const char *path, struct type *status, int flags) { \
    REAL(#name, int, int, const char *, struct type *, int);          \
    FAIL('t', path_below(dir, path));                                 \
    return really(dir, path, status, flags);                          \
  }
#define STAT(name, type)                                              \
  int name(const char *path, struct type *status) {                   \
    REAL(#name, int, const char *, struct type *);                    \
    FAIL('t', path_below(AT_FDCWD, path));                            \
    return really(path, status);                                      \
  }
STATAT(fstatat, stat)
STATAT(fstatat64, stat64)
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)
int ftruncate64(int fd, off64_t length) {
  REAL("ftruncate64", int, int, off64_t);
  FAIL('w', fd_below(fd));
  return really(fd, length);
}
