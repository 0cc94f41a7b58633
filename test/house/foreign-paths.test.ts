import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { house } from './planted-tree.ts'

/**
 * A path of somebody else's may lie on a file system that never answers, so it is looked at through a machine (src/machine/port.ts).
 * The linter can't tell paths apart; so whoever looks by himself, a file or a folder, stands here with the reason, and nobody else does.
 */
const mayLook: Readonly<Record<string, string>> = {
  machine: 'it is the machine',
  disk: 'files of our own',
  state: 'files of our own, and targets that were asked for their free space',
  demo: 'its own throw-away folders',
  config: 'the folder of the configuration',
  'places/local.ts': 'programs',
  'schedule/unit-folder.ts': 'the folder of systemd’s units',
  'storage/directory.ts': 'asks the machine first whether the disk answers',
  engines: 'a target that was asked for its free space when it was planned',
  'sources/postgres': 'the disk of a running server, without which nothing of it is backed up; programs; what was just restored',
  'drills/files.ts': 'what was just restored there',
  'app/component': 'state, configuration, targets that were asked for their free space, and a storage that answered',
  'app/kit': 'configuration of this machine, and what was just restored',
  'app/recover': 'what a bare machine has in the place of its data',
  'app/restore': 'a target that somebody waits for at a terminal, and the disk of the live server',
  'app/timers/crontab.ts': '/etc/localtime',
  cli: 'usual folders, for somebody who waits at a terminal',
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
  const reasons = Object.keys(mayLook)
  const found = filesWith(looks).map((file) => reasons.find((one) => file === one || file.startsWith(`${one}/`)) ?? file)
  expect([...new Set(found)].toSorted()).toEqual(reasons.toSorted())
})

test('only the machine reads what the kernel and the accounts say', () => {
  expect(filesWith(systemFiles).filter((file) => !file.startsWith('machine/'))).toEqual(['places/container.ts'])
})
