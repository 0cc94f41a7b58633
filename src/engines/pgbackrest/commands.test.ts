import { describe, expect, test } from 'vitest'
import { parseInstant } from '../../domain/clock.ts'
import { commandText } from '../../places/command-text.ts'
import {
  annotateCommand,
  archiveCommandText,
  archiveListCommand,
  backUpCommand,
  checkCommand,
  createCommand,
  expireCommand,
  expireSetCommand,
  historyListCommand,
  historyRemoveCommand,
  infoCommand,
  infoSetCommand,
  infoTableCommand,
  postgresTime,
  repositoryListCommand,
  restoreCommand,
  versionCommand,
  type PgbackrestSetting,
} from './commands.ts'

const setting: PgbackrestSetting = {
  program: 'pgbackrest',
  configuration: '/etc/holdfast/pgbackrest/database.conf',
  stanza: 'database',
  user: 'postgres',
}

const label = '20260126-030004F_20260127-030002D'
const copy = { directory: '/srv/restored', holds: 'nothing' } as const

describe('the commands of pgBackRest', () => {
  test('ask for no database that always comes along', () => {
    const { arguments: words } = restoreCommand(setting, label, { to: 'backup-end' }, { ...copy, database: 'postgres' })
    expect(words.filter((word) => word.includes('postgres'))).toEqual([])
  })

  test('are those of the golden file', async () => {
    const at = parseInstant('2026-01-26T06:30:05.250Z')
    const commands = {
      create: createCommand(setting),
      check: checkCommand(setting),
      info: infoCommand(setting),
      'info for people': infoTableCommand(setting),
      'info of one backup': infoSetCommand(setting, label),
      'back up: full': backUpCommand(setting, 'full'),
      'back up: differential': backUpCommand(setting, 'differential'),
      'back up: incremental': backUpCommand(setting, 'incremental'),
      'back up, and pin': backUpCommand(setting, 'full', 'before 16, or after'),
      pin: annotateCommand(setting, label, 'before 16'),
      unpin: annotateCommand(setting, label, undefined),
      'remove one backup': expireSetCommand(setting, label),
      'remove left-overs alone': expireCommand(setting, undefined),
      'keep WAL from the fortieth newest backup on': expireCommand(setting, 40),
      'list the history': historyListCommand(setting),
      'forget one backup': historyRemoveCommand(setting, label),
      'list the archive': archiveListCommand(setting),
      'list the repository': repositoryListCommand(setting),
      'restore to a time': restoreCommand(setting, label, { to: 'time', at, timeline: 'current' }, copy),
      'restore to the end of the archive': restoreCommand(setting, label, { to: 'archive-end', timeline: 2 }, copy),
      'restore to the end of the backup': restoreCommand(setting, label, { to: 'backup-end' }, copy),
      'restore to a name': restoreCommand(setting, label, { to: 'name', name: "it's \\", timeline: 1 }, copy),
      'go on with a restore of one database': restoreCommand(
        setting,
        label,
        { to: 'backup-end' },
        { ...copy, holds: 'unfinished', database: 'app' },
      ),
      'restore in place': restoreCommand(setting, label, { to: 'backup-end' }, { directory: '/srv/live', holds: 'live' }),
    }
    const text = Object.entries(commands).map(([what, command]) => `${what}:\n  ${commandText(command)}\n`)
    await expect(text.join('\n')).toMatchFileSnapshot('../../../test/golden/pgbackrest.txt')
  })

  test('are run by whoever runs Holdfast when that is the owner of the cluster', () => {
    const own = { ...setting, user: undefined }
    expect(commandText(checkCommand(own))).toBe(
      'TZ=UTC pgbackrest --config=/etc/holdfast/pgbackrest/database.conf --stanza=database check',
    )
    expect('user' in checkCommand(own)).toBe(false)
  })

  test('carry no environment and no secret: those stand in the configuration file', () => {
    expect(backUpCommand(setting, 'full')).toMatchObject({ environment: {}, secretEnvironment: [] })
    expect(commandText(versionCommand('/opt/pgbackrest'))).toBe('/opt/pgbackrest version')
  })

  test('never let a restored copy archive into the repository that it came from', () => {
    const targets = [
      { to: 'time', at: parseInstant('2026-01-26T06:30:05Z'), timeline: 'current' },
      { to: 'archive-end', timeline: 'current' },
      { to: 'backup-end' },
    ] as const
    for (const one of targets) {
      const { arguments: words } = restoreCommand(setting, label, one, copy)
      expect(words).toContain('--archive-mode=off')
      expect(words).toContain('--tablespace-map-all=/srv/restored-tablespaces')
      expect(words).toContain('--pg1-path=/srv/restored')
    }
  })

  test('never let pgBackRest expire anything by itself', () => {
    for (const kind of ['full', 'differential', 'incremental'] as const) {
      expect(backUpCommand(setting, kind).arguments).toContain('--no-expire-auto')
    }
  })
})

test('a time is written with its offset, so that no server’s zone can change it', () => {
  expect(postgresTime(parseInstant('2026-01-26T14:30:05+08:00'))).toBe('2026-01-26 06:30:05.000+00')
})

describe('archive_command', () => {
  test('holds the word that pgBackRest looks for', () => {
    expect(archiveCommandText(setting)).toBe(
      'pgbackrest --config=/etc/holdfast/pgbackrest/database.conf --stanza=database archive-push %p',
    )
  })

  test('means the same files to a shell and to PostgreSQL, whatever their names', () => {
    expect(archiveCommandText({ ...setting, configuration: '/srv/my site 100%/pgbackrest/database.conf' })).toBe(
      "pgbackrest '--config=/srv/my site 100%%/pgbackrest/database.conf' --stanza=database archive-push %p",
    )
  })
})
