import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { house } from './planted-tree.ts'

/**
 * A path of somebody else's may lie on a file system that never answers, so it is looked at through a machine (src/machine/port.ts).
 * The linter can't tell paths apart; so whoever looks by himself stands here, with the reason, and nobody else does.
 */
const mayLook: Readonly<Record<string, string>> = {
  machine: 'it is the machine',
  disk: 'files of our own',
  state: 'files of our own',
  demo: 'its own throw-away folders',
  'config/create.ts': 'the folder of the configuration',
  'config/place.ts': 'the folder of the configuration',
  'config/secrets.ts': 'the folder of the configuration',
  'places/local.ts': 'programs',
  'schedule/unit-folder.ts': 'the folder of systemd’s units',
  'storage/directory.ts': 'asks the machine first whether the disk answers',
  'engines/pgbackrest/engine.ts': 'a target that was asked for an answer when it was prepared',
  'engines/restic/engine.ts': 'a target that was asked for an answer when it was prepared',
  'sources/postgres/container/look-inside.ts': 'the disk of a running server, without which nothing of it is backed up',
  'sources/postgres/data-directory.ts': 'the disk of a running server, without which nothing of it is backed up',
  'sources/postgres/discovery.ts': 'the disk of a running server, and where Debian has its clusters',
  'sources/postgres/locate.ts': 'the disk of a running server, without which nothing of it is backed up',
  'sources/postgres/programs.ts': 'programs',
  'sources/postgres/query.ts': 'the disk of a running server, without which nothing of it is backed up',
  'sources/postgres/readiness.ts': 'the disk of a running server, without which nothing of it is backed up',
  'sources/postgres/restored/configuration.ts': 'what was just restored there',
  'sources/postgres/restored/private-server.ts': 'what was just restored there',
  'sources/postgres/server-control.ts': 'the disk of a running server, without which nothing of it is backed up',
  'sources/postgres/server-log.ts': 'the disk of a running server, without which nothing of it is backed up',
  'drills/files.ts': 'what was just restored there',
  'app/component/database-container.ts': 'a storage that answered when the step began',
  'app/component/drill-folder.ts': 'below the state folder',
  'app/component/engine-configuration.ts': 'the folder of the configuration, and a storage that answered',
  'app/component/restore-marks.ts': 'below the state folder, and targets that were asked for their free space',
  'app/kit/fetch-kit.ts': 'what was just restored there',
  'app/kit/recovery-kit.ts': 'configuration of this machine',
  'app/recover/recover-database.ts': 'what a bare machine has in the place of its database',
  'app/recover/recover-files.ts': 'what a bare machine has in the place of its files',
  'app/recover/recover.ts': 'what was just restored there',
  'app/restore/facts/target-state.ts': 'a target that somebody waits for, at a terminal',
  'app/restore/live-cluster.ts': 'the disk of the live server',
  'app/restore/live-container.ts': 'the disk of the live server',
  'app/restore/restore-in-place.ts': 'the disk of the live server',
  'app/restore/restore-part.ts': 'what was just written there',
  'app/restore/targets/files-tools.ts': 'what was just restored there',
  'app/timers/crontab.ts': '/etc/localtime',
  'cli/init-offers.ts': 'usual folders, for somebody who waits at a terminal',
}

const looks = /\b(?:stat|lstat|readdir|opendir|statfs|realpath)Sync\b/

/** Literals that begin so are what the machine reads; in a script for the inside of a container they don't stand at the beginning. */
const systemFiles = /['"`]\/(?:proc|etc\/(?:passwd|group))\b/

const sources = readdirSync(join(house, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)
const textOf = (file: string): string => readFileSync(join(house, 'src', file), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
const filesWith = (pattern: RegExp): string[] => sources.filter((file) => pattern.test(textOf(file)))

test('whoever looks at a path by himself is told from who asks the machine', () => {
  const looking = [
    'statSync(path)',
    'import { lstatSync } from',
    'readdirSync(folder)',
    'fs.realpathSync(one)',
    'statfsSync(disk)',
  ]
  expect(looking.filter((text) => !looks.test(text))).toEqual([])
  expect(['fstatSync(file)', 'machine.list(folder)', 'const isStatSynced'].filter((text) => looks.test(text))).toEqual([])
  expect(
    ["'/proc/uptime'", '`/proc/${pid}/stat`', '"/etc/passwd"', "'/etc/group'"].filter((text) => !systemFiles.test(text)),
  ).toEqual([])
  expect(["'/process'", "'/etc/passwords'", 'cat /proc/1/comm'].filter((text) => systemFiles.test(text))).toEqual([])
})

test('only who has a reason looks at paths by himself, and no reason is left of one who no longer does', () => {
  const roomOf = (file: string) => file.slice(0, file.indexOf('/'))
  const found = filesWith(looks).map((file) => (roomOf(file) in mayLook ? roomOf(file) : file))
  expect([...new Set(found)].toSorted()).toEqual(Object.keys(mayLook).toSorted())
})

test('only the machine reads what the kernel and the accounts say', () => {
  expect(filesWith(systemFiles).filter((file) => !file.startsWith('machine/'))).toEqual(['places/container.ts'])
})
