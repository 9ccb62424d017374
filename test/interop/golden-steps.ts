// What users do on mounts so that a mount sends every packet it knows: system calls as Python lines (Node has no
// call for locks, extended attributes and special files; the stock mfscli brings Python along), tools, meta mounts.

/** Where the steps happen. Python sees them as `first`, `second`, `meta`. */
export interface Stage {
  /** Two mounts of the same file system, and one of the meta file system. */
  readonly first: string;
  readonly second: string;
  readonly meta: string;
  /** Runs Python in the first mount; as the user 1000 with the groups 1000, 2000 and 3000 if told so. */
  python(code: string, user?: "user"): Promise<void>;
  /** Runs a stock tool in the first mount. */
  tool(name: string, ...words: readonly string[]): Promise<void>;
}

/** One thing to do; the title goes into the first line of the goldens that it leaves. */
export interface Step {
  readonly title: string;
  readonly run: (stage: Stage) => Promise<void>;
}

function python(title: string, code: string, user?: "user"): Step {
  return { title, run: async (stage) => stage.python(code, user) };
}

function tools(title: string, lines: string): Step {
  return {
    title,
    run: async (stage) => {
      for (const line of lines.trim().split("\n")) {
        const [name = "", ...words] = line.split(" ");
        await stage.tool(name, ...words);
      }
    },
  };
}

const nodes: readonly Step[] = [
  python(
    "make one node of each kind",
    `
os.mkdir('dir', 0o755); os.symlink('dir/target', 'link'); os.mkfifo('fifo', 0o640)
os.mknod('block', 0o600 | stat.S_IFBLK, os.makedev(7, 3)); os.mknod('character', 0o600 | stat.S_IFCHR, os.makedev(1, 3))
os.mknod('socket', 0o600 | stat.S_IFSOCK); os.mknod('file', 0o644 | stat.S_IFREG)
os.mkdir('shared'); os.chmod('shared', 0o777); os.mkdir('sticky'); os.chmod('sticky', 0o1777)
os.mkdir('listed'); open('listed/file', 'w').close(); os.chmod('listed', 0o744); os.mkdir('closed'); os.chmod('closed', 0)
open('dir/one', 'w').write('one'); os.link('dir/one', 'dir/two'); open('sticky/root', 'w').close()`,
  ),
  python(
    "look at them",
    `
os.listdir('.'); [os.lstat(n) for n in os.listdir('.')]; os.readlink('link'); os.statvfs('.')
[os.access(n, os.R_OK | os.W_OK) for n in ('dir', 'file')]
refused(os.stat, 'missing'); refused(os.stat, 'file/below')`,
  ),
  python(
    "change attributes",
    `
os.chmod('file', 0o4755); os.chown('file', 1000, 1000); os.chown('file', -1, 2000); os.chown('file', 0, -1)
os.utime('file'); os.utime('file', (1e9, 1.1e9)); os.utime('file', ns=(10**18, 2 * 10**18))
f = open('file', 'r+'); os.fchmod(f.fileno(), 0o644); os.fstat(f.fileno()); os.fchown(f.fileno(), -1, -1)
os.utime('dir', (1e9, 1e9)); os.chmod('dir', 0o2775)`,
  ),
  python(
    "rename and remove",
    `
os.rename('dir/two', 'dir/three'); os.rename('dir/three', 'shared/three'); os.unlink('shared/three')
os.mkdir('shared/empty'); os.rename('dir/one', 'shared/one'); refused(os.rmdir, 'shared'); os.mkdir('dir/full')
refused(os.rename, 'dir/full', 'shared'); refused(os.rename, 'dir', 'dir/full/below'); os.rmdir('dir/full'); os.rmdir('shared/empty')
open('shared/other', 'w').close(); os.rename('shared/other', 'shared/one')`,
  ),
  python(
    "the same as a user with groups",
    `
os.chdir('shared'); os.mkdir('u'); os.symlink('x', 'ulink'); os.mkfifo('ufifo'); f = open('ufile', 'w'); f.write('x' * 5000)
f.flush(); f.truncate(100); f.close(); os.truncate('ufile', 50); os.link('ufile', 'ulink2'); os.rename('ulink2', 'ulink3')
os.unlink('ulink3'); os.rmdir('u'); os.listdir('.'); os.access('ufile', os.R_OK); os.chmod('ufile', 0o600); open('ufile').read()
os.chown('ufile', -1, 3000); os.setxattr('ufile', 'user.a', b'1'); os.getxattr('ufile', 'user.a'); os.listxattr('ufile')
refused(os.mkdir, '../dir/denied'); refused(os.unlink, '../sticky/root'); refused(os.chown, '../file', 1000, 1000)
refused(os.open, '../block', os.O_RDWR); refused(os.chmod, '../file', 0o777); os.access('../file', os.W_OK)
refused(os.setxattr, '../file', 'user.a', b'1'); refused(os.open, '../file', os.O_RDWR); refused(os.truncate, '../file', 1)
refused(os.rename, '../sticky/root', 'stolen'); refused(open, '../file', 'w'); refused(open, '../dir/new', 'w'); refused(os.listdir, '../listed')
refused(os.listdir, '../closed'); refused(os.stat, '../closed/file'); refused(os.symlink, 'x', '../dir/l'); refused(os.link, 'ufile', '../dir/l')
refused(os.mkfifo, '../dir/f')`,
    "user",
  ),
];

const data: readonly Step[] = [
  python(
    "write, truncate, append",
    `
f = open('data', 'wb'); f.write(b'd' * 100000); f.flush(); os.fsync(f.fileno()); f.truncate(70000); f.close()
os.truncate('data', 30000); os.truncate('data', 300000); os.truncate('data', 0); open('data', 'wb').write(b'e' * 5000)
open('data', 'wb').write(b'f'); open('data', 'ab').write(b'appended')
f = os.open('data', os.O_RDWR | os.O_TRUNC); os.write(f, b'g' * 9000); os.fstat(f); os.close(f)
f = os.open('data', os.O_WRONLY); os.close(f); f = os.open('data', os.O_RDONLY); os.read(f, 10); os.close(f)
open('empty', 'wb').close(); open('large', 'wb').close(); os.truncate('large', 100)
f = os.open('large', os.O_RDWR); os.pwrite(f, b'first', 0); os.pwrite(f, b'third', 140 << 20); os.close(f)`,
  ),
  python(
    "read in another mount",
    `
os.chdir(second); open('data', 'rb').read(); open('empty', 'rb').read(); f = os.open('large', os.O_RDONLY)
os.pread(f, 10, 0); os.pread(f, 10, 70 << 20); os.pread(f, 10, 140 << 20); os.close(f); open('data', 'rb').read()`,
  ),
  python(
    "change a file that another mount has open",
    `
a = os.open('data', os.O_RDWR); b = os.open(second + '/data', os.O_RDWR); os.read(a, 10); os.read(b, 10)
os.write(b, b'x' * 70000); os.fsync(b); os.ftruncate(b, 200000); os.ftruncate(b, 1000); os.ftruncate(b, 0)
c = os.open(second + '/data', os.O_WRONLY | os.O_APPEND); os.write(c, b'more'); os.fsync(c)
os.close(a); os.close(b); os.close(c)`,
  ),
  python(
    "remove a file that is open",
    `
f = open('gone', 'wb+'); f.write(b'z'); f.flush(); os.unlink('gone'); os.fstat(f.fileno()); f.seek(0); f.read(); f.truncate(0)
os.mkdir('work'); os.chdir('work'); os.rmdir('../work'); os.stat('.')`,
  ),
];

const attributes: readonly Step[] = [
  python(
    "extended attributes",
    `
refused(os.getxattr, 'file', 'user.missing'); os.setxattr('file', 'user.one', b'value'); os.setxattr('file', 'user.one', b'v', os.XATTR_REPLACE)
os.setxattr('file', 'user.two', b'', os.XATTR_CREATE); refused(os.setxattr, 'file', 'user.two', b'', os.XATTR_CREATE)
refused(os.setxattr, 'file', 'user.three', b'', os.XATTR_REPLACE); refused(os.removexattr, 'file', 'user.four')
os.listxattr('file'); os.getxattr('file', 'user.one'); os.listxattr(second + '/file'); os.getxattr(second + '/file', 'user.one')
libc.getxattr(b'dir', b'user.length', None, 0); libc.getxattr(b'file', b'user.two', None, 0); libc.listxattr(second.encode() + b'/dir', None, 0)
os.removexattr('file', 'user.two'); os.setxattr('dir', 'trusted.t', b'1')`,
  ),
  python(
    "access control lists",
    `
acl = lambda *rows: struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *row) for row in rows)
none = 0xffffffff
full = acl((1, 6, none), (2, 7, 1000), (4, 4, none), (8, 5, 2000), (16, 7, none), (32, 0, none))
os.setxattr('file', 'system.posix_acl_access', full); os.getxattr(second + '/file', 'system.posix_acl_access')
os.setxattr('dir', 'system.posix_acl_default', full); os.getxattr(second + '/dir', 'system.posix_acl_default')
os.mkdir('dir/heir'); open('dir/heir/file', 'w').close(); os.removexattr('dir', 'system.posix_acl_default')
os.removexattr('file', 'system.posix_acl_access'); refused(os.getxattr, second + '/data', 'system.posix_acl_access')
refused(os.getxattr, second + '/shared', 'system.posix_acl_default')`,
  ),
];

const locks: readonly Step[] = [
  python(
    "flock in two mounts",
    `
open('lock', 'w').write('lock')
a = open('lock', 'r+'); b = open(second + '/lock', 'r+'); flock = fcntl.flock
flock(a, fcntl.LOCK_SH); flock(b, fcntl.LOCK_SH | fcntl.LOCK_NB); flock(b, fcntl.LOCK_UN)
flock(a, fcntl.LOCK_EX); refused(flock, b, fcntl.LOCK_EX | fcntl.LOCK_NB); refused(flock, b, fcntl.LOCK_SH | fcntl.LOCK_NB)
interrupted(flock, b, fcntl.LOCK_EX)
waiting(lambda: flock(b, fcntl.LOCK_EX), lambda: flock(a, fcntl.LOCK_UN)); flock(b, fcntl.LOCK_UN); flock(a, fcntl.LOCK_SH); a.close(); b.close()`,
  ),
  python(
    "fcntl locks in two mounts",
    `
a = open('lock', 'r+'); b = open(second + '/lock', 'r+'); lockf = fcntl.lockf
lockf(a, fcntl.LOCK_SH, 10, 0); lockf(b, fcntl.LOCK_SH | fcntl.LOCK_NB, 10, 5); refused(lockf, b, fcntl.LOCK_EX | fcntl.LOCK_NB)
row = lambda kind: struct.pack('hhqqi4x', kind, 0, 0, 0, 0)
fcntl.fcntl(b, fcntl.F_GETLK, row(fcntl.F_WRLCK)); fcntl.fcntl(b, fcntl.F_GETLK, row(fcntl.F_RDLCK))
lockf(b, fcntl.LOCK_UN, 10, 5); lockf(a, fcntl.LOCK_EX | fcntl.LOCK_NB, 100, 0); interrupted(lockf, b, fcntl.LOCK_EX)
waiting(lambda: lockf(b, fcntl.LOCK_EX), lambda: lockf(a, fcntl.LOCK_UN)); lockf(b, fcntl.LOCK_UN); lockf(a, fcntl.LOCK_SH); a.close(); b.close()`,
  ),
];

const toolSteps: readonly Step[] = [
  tools(
    "goals and classes",
    `
mfsgetgoal data dir
mfsgetgoal -r .
mfssetgoal 2 data
mfssetgoal 3+ data
mfssetgoal 2- data
mfssetgoal -r 1 dir
mfssetgoal -r 2+ dir
mfssetgoal -r 1- dir
mfsscadmin create A,B kept
mfsscadmin create -C A -K A,B -A B -d 30 old
mfsscadmin list
mfsscadmin list -l
mfssetsclass kept data
mfsgetsclass data
mfssetsclass -r kept dir
mfsgetsclass -r .
mfsxchgsclass kept 2 data
mfsxchgsclass -r kept 2 dir
mfscopysclass data large
mfsscadmin modify -K 2A kept
mfsscadmin modify kept
mfsscadmin copy kept spare
mfsscadmin rename spare better
mfssetsclass old empty
mfsscadmin delete old
mfsscadmin delete better
mfsscadmin delete missing
mfsscadmin delete 2
mfsscadmin create A kept
mfssetsclass missing data
mfssetgoal 2 fifo
mfslistsclass -l`,
  ),
  tools(
    "trash times and flags",
    `
mfsgettrashtime data
mfsgettrashtime -r .
mfssettrashtime 7200 data
mfssettrashtime 10000+ data
mfssettrashtime 3600- data
mfssettrashtime -r 3600 dir
mfssettrashtime -r 7200+ dir
mfssettrashtime -r 3600- dir
mfsgeteattr data
mfsseteattr -f noowner -f noattrcache data
mfsgeteattr -r .
mfsseteattr -r -f nodatacache dir
mfsdeleattr -f noowner data
mfsdeleattr -r -f nodatacache dir
mfscopyeattr data large
mfsgettrashtime fifo`,
  ),
  tools(
    "what files are made of",
    `
mfscheckfile data large empty
mfscheckfile dir
mfsfileinfo data large empty
mfsdirinfo . data
mfsdirinfo -p .
mfsfilepaths data dir
mfsfilepaths 99999
mfsfilerepair data
mfschkarchive data
mfssetarchive data
mfsclrarchive data
mfsclrarchive .`,
  ),
  tools(
    "quotas",
    `
mfsgetquota dir
mfssetquota -p 1d -i 5 -I 200 -l 1Mi -L 1Gi -s 5M -S 5G -r 9M -R 9G dir
mfsgetquota dir
mfscopyquota dir shared
mfsdelquota -i dir
mfsdelquota -aA dir shared
mfsgetquota data`,
  ),
  tools(
    "snapshots and slices",
    `
mfsmakesnapshot data snap
mfsmakesnapshot data snap
mfsmakesnapshot -o data snap
mfsmakesnapshot -c -p shared copies
mfsmakesnapshot shared snapdir
mfsappendchunks joined data large
mfsappendchunks -s -1:-1 joined data
mfsrmsnapshot snap
mfsrmsnapshot data
mfsrmsnapshot -f copies`,
  ),
  python(
    "write to a shared chunk",
    `f = open('joined', 'r+b'); f.write(b'changed'); f.truncate(20); f.close()`,
  ),
  python("write beyond a quota", `os.mkdir('narrow')`),
  tools(
    "set a narrow quota",
    `
mfssetquota -I 2 -L 100k narrow`,
  ),
  python(
    "break the narrow quota",
    `f = open('narrow/file', 'wb'); os.mkdir('narrow/two'); refused(os.mkdir, 'narrow/three')
refused(os.truncate, 'narrow/file', 200000); f.write(b'q' * 300000); f.flush(); refused(os.fsync, f.fileno()); refused(f.close)`,
  ),
  python(
    "flags that forbid",
    `open('fixed', 'w').write('fixed'); open('growing', 'w').write('growing')`,
  ),
  tools(
    "set them",
    `
mfsseteattr -f immutable fixed
mfsseteattr -f appendonly growing
mfsseteattr -f nodatacache empty`,
  ),
  python(
    "break them",
    `
refused(os.unlink, 'fixed'); refused(os.chmod, 'fixed', 0o600); refused(os.open, second + '/fixed', os.O_RDWR); refused(os.truncate, 'growing', 1); refused(os.unlink, 'growing')
open('growing', 'a').write('more'); open(second + '/growing', 'r+').close(); open(second + '/empty').read(); refused(os.rename, 'fixed', 'moved'); refused(os.link, 'fixed', 'linked')`,
  ),
];

const metaSteps: readonly Step[] = [
  python(
    "fill the trash",
    `
for name in ('again', 'purged', 'moved', 'held'): open(name, 'w').write(name)
keep = os.open('held', os.O_RDONLY); inode = os.stat('held').st_ino
for name in ('again', 'purged', 'moved', 'held'): os.unlink(name)
open('again', 'w').close()
trash = lambda word: [d + '/' + n for d in dirs() for n in os.listdir(d) if n.endswith('|' + word)][0]
dirs = lambda: [meta + '/trash/%03X' % n for n in range(4096) if os.listdir(meta + '/trash/%03X' % n) != ['undel']]
os.listdir(meta + '/trash'); path = trash('again'); os.lstat(path); open(path).read()
undel = lambda path: os.rename(path, os.path.dirname(path) + '/undel/x')
refused(undel, path); os.unlink('again'); undel(path)
path = trash('moved'); open(path, 'w').write('dir/new place'); os.lstat(path); undel(path)
path = trash('held'); os.unlink(path); os.listdir(meta + '/sustained'); os.unlink(trash('purged'))
[os.lstat(meta + '/sustained/' + n) for n in os.listdir(meta + '/sustained')]; os.statvfs(meta)
refused(os.lstat, meta + '/trash/000/00FFFFFF|x'); os.close(keep)`,
  ),
];

/** Everything that is done while both mounts and the meta mount stand. */
export const steps: readonly Step[] = [
  ...nodes,
  ...data,
  ...attributes,
  ...locks,
  ...toolSteps,
  ...metaSteps,
];

/** Put before every Python step. `refused` calls what must fail; the others are about locks. */
export const prelude = `
import ctypes, fcntl, os, signal, stat, struct, sys, threading, time
first, second, meta = sys.argv[1:4]
libc = ctypes.CDLL(None)
def refused(call, *words):
    try: call(*words)
    except OSError as error: return error.errno
    raise AssertionError('not refused', call, words)
def interrupted(call, *words):
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0)); signal.setitimer(signal.ITIMER_REAL, 0.5)
        call(*words); os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
def waiting(call, release):
    thread = threading.Thread(target=call); thread.start(); time.sleep(0.3); release(); thread.join()
`;
