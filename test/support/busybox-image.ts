import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { imageUid, type ContainerEngine } from './container-engine.ts'

/** The machine's programs and libraries, for what a container of such an image runs: PostgreSQL. */
export const usrMount = '/usr:/usr:ro'

const data = '/var/lib/postgresql/data'

/**
 * Imports an image that can be built upon where no registry is: a busybox, which needs no library, and an apt-get of a few lines
 * that knows one package, pgBackRest in one version, and installs the machine's. As in images of PostgreSQL, containers run as
 * postgres and make their cluster when there is none.
 *
 * @param pgbackrest absolute path of the program below /usr, and its version
 */
export function importBuildableImage(
  docker: ContainerEngine,
  name: string,
  pgbackrest: { readonly program: string; readonly version: string },
): void {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-image-'))
  const at = (path: string): string => join(folder, path)
  try {
    chmodSync(folder, 0o755)
    for (const path of [
      'bin',
      'sbin',
      'usr',
      'proc',
      'sys',
      'dev',
      'tmp',
      'root',
      'etc',
      'run/postgresql',
      `.${data}`,
      'var/spool',
    ])
      mkdirSync(at(path), { recursive: true, mode: 0o755 })
    chmodSync(at('tmp'), 0o1777)
    for (const path of ['lib', 'lib64']) symlinkSync(`usr/${path}`, at(path))
    symlinkSync('/run', at('var/run'))
    copyFileSync('/bin/busybox', at('bin/busybox'))
    for (const applet of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n'))
      if (applet !== 'busybox') symlinkSync('busybox', at(`bin/${applet}`))
    const script = (path: string, ...lines: string[]) =>
      writeFileSync(at(path), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 })
    const version = `${pgbackrest.version}-1`
    script(
      'bin/apt-get',
      'case "$*" in',
      '  *update) exit 0 ;;',
      `  *install*" pgbackrest=${version}") ;;`,
      '  *) echo "E: Unable to locate $*" >&2; exit 100 ;;',
      'esac',
      `printf '#!/bin/sh\\nexec ${pgbackrest.program} "$@"\\n' >/bin/pgbackrest`,
      'chmod 755 /bin/pgbackrest',
    )
    script('bin/apt-cache', `printf 'pgbackrest:\\n  Installed: (none)\\n  Candidate: ${version}\\n'`)
    script('bin/start', '[ -s "$PGDATA/PG_VERSION" ] || initdb --auth=trust --no-sync >/dev/null', 'exec "$@"')
    writeFileSync(at('etc/os-release'), 'ID=debian\n')
    cpSync('/etc/ld.so.cache', at('etc/ld.so.cache'))
    writeFileSync(at('etc/nsswitch.conf'), 'passwd: files\ngroup: files\n')
    writeFileSync(
      at('etc/passwd'),
      `root:x:0:0::/root:/bin/sh\npostgres:x:${imageUid}:${imageUid}::/var/lib/postgresql:/bin/sh\n`,
    )
    writeFileSync(at('etc/group'), `root:x:0:\npostgres:x:${imageUid}:\n`)
    for (const path of ['run/postgresql', 'var/lib/postgresql', `.${data}`]) chownSync(at(path), imageUid, imageUid)
    const newest = Math.max(...readdirSync('/usr/lib/postgresql').map(Number))
    const settings = [
      // Without /usr/bin: the machine's pgBackRest is not the image's.
      `ENV PATH=/bin:/sbin:/usr/lib/postgresql/${newest}/bin`,
      `ENV PGDATA=${data}`,
      `VOLUME ${data}`,
      'USER postgres',
      'ENTRYPOINT ["start"]',
      'CMD ["postgres", "-c", "fsync=off", "-c", "shared_buffers=32MB"]',
    ]
    const file = `${folder}.tar`
    execFileSync('tar', ['--create', '--directory', folder, '--file', file, '.'])
    docker.ask('import', ...settings.flatMap((setting) => ['--change', setting]), file, name)
    rmSync(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
