import { describe, expect, test } from 'vitest'
import { locations } from '../../../test/support/locations.ts'
import type { Command } from '../../domain/command.ts'
import { commandText } from '../../places/command-text.ts'
import {
  backUpCommand,
  checkCommand,
  createCommand,
  forgetCommand,
  diffCommand,
  findCommand,
  listCommand,
  listFoldersCommand,
  listLocksCommand,
  liveParts,
  probeCommand,
  pruneCommand,
  restoreCommand,
  snapshotsCommand,
  snapshotTableCommand,
  tagCommand,
  unlockCommand,
  usageCommand,
  versionCommand,
  type ResticSetting,
} from './commands.ts'

const setting: ResticSetting = {
  program: 'restic',
  location: locations['a directory'],
  passphraseFile: '/etc/holdfast/secrets/restic.key',
  cacheDirectory: '/var/cache/holdfast/pi-hosting/restic',
}

const source = { site: 'pi-hosting', component: 'foundry', paths: ['/srv/foundry data'], exclude: [], oneFileSystem: false }
const wish = { snapshot: '4bba301e', target: '/srv/restored', paths: [] }

/** A command with the names of the secrets that it needs, as whoever runs it by hand has to know them. */
function shown(what: string, command: Command): string {
  const { secretEnvironment } = command
  const secrets = secretEnvironment.length === 0 ? '' : `\n  # with ${secretEnvironment.join(', ')}`
  return `${what}:\n  ${commandText(command)}${secrets}\n`
}

function allCommands(some: ResticSetting): string {
  return [
    shown('create', createCommand(some)),
    shown('probe', probeCommand(some)),
    shown('back up', backUpCommand(some, source)),
    shown('back up, and pin', backUpCommand(some, source, 'before 16, or after')),
    shown('list points', snapshotsCommand(some, 'pi-hosting')),
    shown('list points for people', snapshotTableCommand(some, 'pi-hosting')),
    shown('look for a path', listCommand(some, '4bba301e', '/srv/foundry data/worlds')),
    shown('list folders', listFoldersCommand(some, '4bba301e', ['/srv/foundry data', '/srv/worlds'])),
    shown('find', findCommand(some, { snapshots: ['4bba301e', '7be79a4b'], patterns: ['*.json'], ignoreCase: true })),
    shown('compare', diffCommand(some, '4bba301e', '7be79a4b')),
    shown('restore, restic 0.14', restoreCommand(some, [0, 14, 0], wish)),
    shown('restore, restic 0.18', restoreCommand(some, [0, 18, 0], wish)),
    shown('pin', tagCommand(some, '4bba301e', { add: ['holdfast-pin:new'], remove: ['holdfast-pin:old'] })),
    shown('remove points', forgetCommand(some, ['4bba301e', '7be79a4b'])),
    shown('prune', pruneCommand(some)),
    shown('check', checkCommand(some)),
    shown('ask for the size', usageCommand(some)),
    shown('list locks', listLocksCommand(some)),
    shown('remove stale locks', unlockCommand(some)),
  ].join('\n')
}

/** What comes after the words that all commands begin with. */
function ownWords({ arguments: words }: Command): readonly string[] {
  return words.slice(words.indexOf(setting.cacheDirectory) + 1)
}

describe('the commands of restic', () => {
  test.each([
    ['a directory', 'restic-directory.txt'],
    ['S3 at AWS', 'restic-s3-aws.txt'],
    ['S3 of one’s own', 'restic-s3-own.txt'],
  ] as const)('for %s are those of the golden file', async (where, file) => {
    const text = allCommands({ ...setting, location: locations[where] })
    await expect(text).toMatchFileSnapshot(`../../../test/golden/${file}`)
  })

  test('take the passphrase from the environment where no file holds it', () => {
    const command = createCommand({ ...setting, passphraseFile: undefined })
    expect(command.arguments).not.toContain('--password-file')
    expect(command.secretEnvironment).toEqual(['RESTIC_PASSWORD'])
  })

  test('never hold a secret: only the names of the variables that carry one', () => {
    for (const location of Object.values(locations)) {
      const command = backUpCommand({ ...setting, location }, source)
      expect(Object.keys(command.environment)).toEqual(['RESTIC_PROGRESS_FPS'])
    }
  })

  test('ask every restic for its version alike', () => {
    expect(commandText(versionCommand('/opt/restic'))).toBe('/opt/restic version')
  })
})

describe('a backup', () => {
  test('leaves out what is excluded, and stays on one file system when told to', () => {
    const command = backUpCommand(setting, { ...source, exclude: ['*.tmp', '/srv/foundry data/cache'], oneFileSystem: true })
    expect(ownWords(command)).toEqual([
      '--json',
      '--host',
      'pi-hosting',
      '--tag',
      'holdfast:foundry',
      '--exclude',
      '*.tmp',
      '--exclude',
      '/srv/foundry data/cache',
      '--one-file-system',
      '--',
      '/srv/foundry data',
    ])
  })

  test('never takes a path for an option', () => {
    const command = backUpCommand(setting, { ...source, paths: ['/srv/one', '--delete'] })
    expect(command.arguments.slice(-3)).toEqual(['--', '/srv/one', '--delete'])
  })
})

describe('what deletes', () => {
  test('names snapshots one by one, and never leaves the choice to restic’s own rules', () => {
    expect(ownWords(forgetCommand(setting, ['4bba301e', '7be79a4b']))).toEqual(['--', '4bba301e', '7be79a4b'])
    expect(ownWords(pruneCommand(setting))).toEqual([])
  })
})

describe('a restore', () => {
  test.each([
    [[0, 14, 0], []],
    [[0, 15, 2], ['--sparse']],
    [
      [0, 16, 0],
      ['--json', '--sparse'],
    ],
    [
      [0, 18, 0],
      ['--json', '--sparse'],
    ],
    [
      [1, 0],
      ['--json', '--sparse'],
    ],
  ])('asks version %j only for what it knows', (version, options) => {
    const words = ownWords(restoreCommand(setting, version, wish))
    expect(words).toEqual([...options, '--target', '/srv/restored', '--', '4bba301e'])
  })

  test('takes the names of files as they are, not as patterns', () => {
    const paths = ['/srv/*.txt', '/srv/[2026] what?', '/srv/back\\slash']
    const words = restoreCommand(setting, [0, 18, 0], { ...wish, paths }).arguments
    expect(words.filter((_word, index) => words[index - 1] === '--include')).toEqual([
      '/srv/\\*.txt',
      '/srv/\\[2026\\] what\\?',
      '/srv/back\\\\slash',
    ])
  })

  test('in place goes into the folders that hold what is wanted, and tries or deletes only when told', () => {
    expect(liveParts(['/srv/a', '/srv/b [1]', '/top'], ['/srv/\\[x\\]/*/packs', '/srv/**'])).toEqual([
      { folder: '/srv', patterns: ['/a', '/b \\[1\\]', '/**'] },
      { folder: '/', patterns: ['/top'] },
      { folder: '/srv/[x]', patterns: ['/*/packs'] },
    ])
    const live = { ...wish, snapshot: '4bba301e:/srv', target: '/srv', patterns: ['/a'], deletes: true, tries: true }
    expect(ownWords(restoreCommand(setting, [0, 18, 0], live))).toEqual([
      '--json',
      '--sparse',
      '--target',
      '/srv',
      '--delete',
      '--dry-run',
      '--verbose=2',
      '--include',
      '/a',
      '--',
      '4bba301e:/srv',
    ])
  })
})
