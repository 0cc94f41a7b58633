import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'

/** What people get wrong, and what machines do to them: a clear error, a right exit code, and nothing lost. */

const pairs = inject('pairs')
const [pair] = pairs as [(typeof pairs)[number]]
let site: TestSite

beforeEach(async () => {
  site = await createTestSite({ pair })
})
afterEach(() => site.remove())

describe('a source', () => {
  beforeEach(async () => {
    await site.ask('setup', 'apply', '--yes')
    writeFileSync(join(site.documents, 'another'), 'another\n')
    await site.ask('backup')
  })

  test('that is missing is an error that remembers what it held', async () => {
    rmSync(site.documents, { recursive: true })
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(3)
    expect(answer.text).toContain(`${site.documents} is missing (2 entries at the last good backup)`)
    expect(answer.text).toContain('is the volume mounted?')
    expect((await site.ask('points')).components[0].points).toHaveLength(1)
  })

  test('that is empty and was not is an error, until told once that it is so', async () => {
    for (const name of readdirSync(site.documents)) rmSync(join(site.documents, name))
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(3)
    expect(answer.text).toContain(`${site.documents} is empty (2 entries at the last good backup)`)
    expect((await site.ask('backup', '--allow-empty')).run.outcome).toBe('done')
    expect((await site.ask('backup')).run.outcome).toBe('done')
  })

  test('that was a mounted disk and is not any more is an error', async () => {
    const aside = `${site.documents}-aside`
    renameSync(site.documents, aside)
    mkdirSync(site.documents)
    execFileSync('mount', ['-t', 'tmpfs', 'holdfast-test', site.documents])
    let mounted = true
    onTestFinished(() => {
      if (mounted) execFileSync('umount', ['--lazy', site.documents])
    })
    writeFileSync(join(site.documents, 'on the disk'), 'data\n')
    await site.ask('backup')
    execFileSync('umount', [site.documents])
    mounted = false
    writeFileSync(join(site.documents, 'under the mount point'), 'not what was meant\n')
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(3)
    expect(answer.text).toContain('was a mounted file system at the last good backup and no longer is')
  })

  test('that is a link that leads nowhere is an error', async () => {
    rmSync(site.documents, { recursive: true })
    execFileSync('ln', ['-s', '/nowhere/at all', site.documents])
    expect((await site.holdfast('backup')).text).toContain('is a link that leads nowhere')
  })
})

test('a secret that stands in a path is seen neither in what a run prints nor in the errors of the journal', async () => {
  await site.ask('setup', 'apply', '--yes')
  const components = { documents: { files: { paths: [site.documents, join(site.root, passphrase)] } } }
  site.configure({ components })
  for (const options of [[], ['--json'], ['--quiet']]) {
    const { exitCode, text } = await site.holdfast('backup', ...options)
    expect(exitCode).toBe(3)
    expect(text).toContain(`${site.root}/[redacted] is missing`)
    expect(text).not.toContain(passphrase)
  }
  const errors = site.journal().flatMap(({ result }) => result?.errors ?? [])
  expect(errors).not.toEqual([])
  expect(JSON.stringify(errors)).not.toContain(passphrase)
  // What is compared with the configuration stays.
  site.configure()
  mkdirSync(join(site.root, passphrase))
  site.configure({ components })
  expect((await site.ask('backup', '--allow-empty')).run.outcome).toBe('done')
  expect((await site.ask('status')).status.components[0].healthy).toBe(true)
})

test.each(pairs)('files that cannot be read make a partial backup that names them ($name)', async (which) => {
  const own = await createTestSite({ pair: which })
  onTestFinished(() => own.remove())
  const nobody = 65534
  for (const name of ['closed', "clo'sed \n two"]) {
    writeFileSync(join(own.documents, name), 'secret\n')
    chmodSync(join(own.documents, name), 0)
  }
  mkdirSync(join(own.root, 'storage'))
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, own.root])
  for (const name of ['closed', "clo'sed \n two"]) chownSync(join(own.documents, name), 0, 0)
  const asNobody = (...words: string[]) =>
    spawnSync(
      'setpriv',
      [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', process.execPath, inject('program'), ...words],
      {
        env: own.environment,
        encoding: 'utf8',
        cwd: '/',
      },
    )
  expect(asNobody('setup', 'apply', '--yes')).toMatchObject({ status: 0 })
  const answer = asNobody('backup', '--json')
  expect(answer.status).toBe(3)
  const { run } = JSON.parse(answer.stdout) as {
    run: { steps: { outcome: string; point: object; errors: { code: string; message: string }[] }[] }
  }
  const [step] = run.steps
  expect(step).toMatchObject({ outcome: 'partial', point: { kind: 'snapshot' } })
  expect(step?.errors.map(({ code }) => code)).toEqual(['source-unreadable', 'source-unreadable'])
  const messages = step?.errors.map(({ message }) => message).join('\n')
  expect(messages).toContain(`${own.documents}/closed could not be read`)
  expect(messages).toContain("clo'sed \n two")
})

describe('a configuration', () => {
  const configuration = (lines: string[]) => writeFileSync(site.file, `${lines.join('\n')}\n`)

  test('with several errors shows all of them, with place and hint, and does nothing', async () => {
    configuration([
      'site: Pi Hosting',
      'timezone: Australia/Pert',
      'storage: { directory: /mnt/backup }',
      'retension: forever',
      'components: {}',
    ])
    for (const words of [['config', 'check'], ['backup'], ['status'], ['points'], ['setup', 'plan']]) {
      const answer = await site.holdfast(...words)
      expect(answer.exitCode).toBe(78)
      expect(answer.stdout).toBe('')
      expect(answer.stderr).toContain('holdfast.yaml:1:7  site "Pi Hosting" is not a site name')
      expect(answer.stderr).toContain('holdfast.yaml:2:11  timezone "Australia/Pert" is not a time zone')
      expect(answer.stderr).toContain('did you mean Australia/Perth?')
      expect(answer.stderr).toContain('holdfast.yaml:4:1  unknown key "retension"')
      expect(answer.stderr).toContain('did you mean retention?')
      expect(answer.stderr).toContain('4 errors; nothing was done')
    }
  })

  test('that is not YAML is placed where it breaks', async () => {
    configuration(['site: pi-hosting', 'storage: { directory: /mnt/backup', 'components:'])
    const answer = await site.holdfast('config', 'check')
    expect(answer.exitCode).toBe(78)
    expect(answer.stderr).toMatch(/holdfast\.yaml:\d+:\d+ {2}not valid YAML/)
  })

  test('with one repository for two components, or a path and the storage inside each other, is refused', async () => {
    site.configure({
      components: {
        one: { files: { paths: [site.documents] }, repository: 'same' },
        two: { files: { paths: [join(site.root, 'storage/inside')] }, repository: 'same' },
        three: { files: { paths: [site.root] } },
      },
    })
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(78)
    expect(answer.stderr).toContain('components one and two would share the repository')
    expect(answer.stderr).toContain('lies inside the storage')
    expect(answer.stderr).toContain('holds the storage')
  })

  test('that is absent, and one that cannot be read, are told apart', async () => {
    rmSync(site.file)
    expect(await site.holdfast('status')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining('holdfast init writes one') as string,
    })
    mkdirSync(site.file)
    expect((await site.holdfast('status')).stderr).toContain('cannot read')
  })

  test('fails in JSON on standard error for those who asked for JSON', async () => {
    configuration(['site: 7'])
    const answer = await site.holdfast('backup', '--json')
    expect(answer.stdout).toBe('')
    expect(JSON.parse(answer.stderr)).toMatchObject({ schemaVersion: 1, error: { code: 'configuration', exitCode: 78 } })
  })
})

describe('secrets', () => {
  test.each([
    ['readable by others', () => chmodSync(join(site.root, 'site/secrets/restic.key'), 0o644), 'chmod 600'],
    ['of another user', () => chownSync(join(site.root, 'site/secrets/restic.key'), 12345, 12345), 'chown root'],
    ['empty', () => writeFileSync(join(site.root, 'site/secrets/restic.key'), ''), 'is empty'],
    ['absent', () => rmSync(join(site.root, 'site/secrets/restic.key')), 'holdfast init makes one'],
    [
      'tracked by git',
      () => {
        execFileSync('git', ['init', '--quiet', site.root])
        execFileSync('git', ['-C', site.root, 'add', '--force', 'site/secrets/restic.key'])
      },
      'git rm --cached',
    ],
  ])('%s are refused with the remedy', async (_how, spoil, remedy) => {
    spoil()
    const answer = await site.holdfast('backup')
    expect(answer.exitCode).toBe(78)
    expect(answer.stderr).toContain(remedy)
  })
})

test.each(pairs)('paths with spaces, quotes, newlines and leading dashes are backed up and come back ($name)', async (which) => {
  const own = await createTestSite({ pair: which })
  onTestFinished(() => own.remove())
  const names = ['-rf', 'it\'s "quoted"', 'two\nlines', '$HOME `id` *']
  const paths = names.map((name) => join(own.root, 'odd', name))
  for (const path of paths) {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, '--help'), `${path}\n`)
  }
  own.configure({ components: { odd: { files: { paths } } } })
  await own.ask('setup', 'apply', '--yes')
  const { run } = await own.ask('backup')
  expect(run.steps[0]).toMatchObject({ outcome: 'done', processedFiles: names.length, from: paths })
  const shown = await own.holdfast('backup')
  expect(shown.stdout).toContain('two\\nlines')
  const [, , third = ''] = paths
  const one = join(own.root, 'one')
  await own.ask('restore', 'odd', '--path', join(third, '--help'), '--to', one)
  expect(readFileSync(join(one, third, '--help'), 'utf8')).toBe(`${third}\n`)
  const all = join(own.root, 'all')
  await own.ask('restore', 'odd', '--to', all)
  for (const path of paths) expect(readFileSync(join(all, path, '--help'), 'utf8')).toBe(`${path}\n`)
})

describe('words', () => {
  test.each([
    [['backup', 'documnets'], /there is no component "documnets"/],
    [['backp'], /unknown command 'backp'[\s\S]*backup/],
    [['backup', '--wait', '5'], /expected a number and a unit/],
    [['restore', 'documents'], /--to/],
    [['init', '--site', 'x'], /exists already/],
  ])('%j end with 2 and a hint', async (words, message) => {
    const answer = await site.holdfast(...words)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toMatch(message)
    expect(answer.stderr).toContain('hint:')
  })
})

describe('an output that breaks', () => {
  let more: string

  beforeEach(async () => {
    more = join(site.root, 'more')
    mkdirSync(more)
    site.configure({ components: { documents: { files: { paths: [site.documents] } }, more: { files: { paths: [more] } } } })
    await site.ask('setup', 'apply', '--yes')
  })

  /** Lets bash wire the outputs of `holdfast`, and gives back how that itself ended. */
  const wired = (redirected: string) => {
    const script = `holdfast() { ${process.execPath} ${inject('program')} "$@"; }; ${redirected}; exit \${PIPESTATUS[0]}`
    return spawnSync('bash', ['-c', script], { env: site.environment, encoding: 'utf8' })
  }
  const stepsInJournal = () => {
    const steps = site.journal().filter(({ type }) => type === 'step-ended')
    return steps.map(({ result }) => `${result.component} ${result.outcome}`)
  }

  test.each([
    ['a reader that goes away', 'holdfast backup | head -1'],
    ['a full disk', 'holdfast backup > /dev/full'],
    ['a full disk, in JSON', 'holdfast backup --json > /dev/full 2> /dev/full'],
  ])('ends nothing but the output: %s', (_what, redirected) => {
    expect(wired(redirected)).toMatchObject({ status: 0, stderr: '' })
    expect(stepsInJournal()).toEqual(['documents done', 'more done'])
    expect(site.journal().at(-1)).toMatchObject({ type: 'run-ended' })
  })

  test('changes no exit code', () => {
    rmSync(site.documents, { recursive: true })
    expect(wired('holdfast backup | head -c 1').status).toBe(3)
    expect(wired('holdfast backup --quiet 2> /dev/full').status).toBe(3)
    expect(stepsInJournal()).toEqual(['documents failed', 'more done', 'documents failed', 'more done'])
    expect(wired('holdfast restore documents --to / > /dev/full 2>&1').status).toBe(2)
    expect(wired('holdfast --version > /dev/full')).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('a journal that can no longer be written in the middle of a run', () => {
  afterEach(() => void execFileSync('umount', ['--lazy', join(site.root, 'state', site.name, 'journal')]))

  test('keeps no component from being backed up, and is an error of the run', async () => {
    const more = join(site.root, 'more')
    mkdirSync(more)
    const journal = join(site.root, 'state', site.name, 'journal')
    mkdirSync(journal, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'holdfast-test', journal])
    const spoiler = join(site.root, 'restic-that-spoils')
    writeFileSync(
      spoiler,
      `#!/bin/sh\ncase " $* " in *" holdfast:documents "*) mount -o remount,ro ${journal};; esac\nexec ${pair.restic} "$@"\n`,
      { mode: 0o755 },
    )
    site.configure({
      components: { documents: { files: { paths: [site.documents] } }, more: { files: { paths: [more] } } },
      engines: { restic: spoiler },
    })
    await site.ask('setup', 'apply', '--yes')
    const answer = await site.holdfast('backup', '--json')
    expect(answer.exitCode).toBe(3)
    const { run } = answer.json
    expect(run.steps.map((step: { outcome: string }) => step.outcome)).toEqual(['done', 'done'])
    expect(run).toMatchObject({
      outcome: 'partial',
      errors: [{ message: expect.stringMatching(/^the journal could not be written: EROFS/) as string }],
    })
    for (const words of [[], ['--quiet']]) {
      execFileSync('mount', ['-o', 'remount,rw', journal])
      const shown = await site.holdfast('backup', ...words)
      expect(shown.exitCode).toBe(3)
      expect(shown.text).toContain('the journal could not be written: EROFS')
    }
    // A run that can't even begin in it is refused as before.
    expect((await site.holdfast('backup')).exitCode).toBe(1)
  })
})

test('a cache that cannot be used keeps nobody from a backup, an answer or a restore', async () => {
  await site.ask('setup', 'apply', '--yes')
  rmSync(join(site.root, 'cache'), { recursive: true })
  writeFileSync(join(site.root, 'cache'), 'no folder\n')
  expect((await site.ask('backup')).run.outcome).toBe('done')
  expect((await site.ask('points')).components[0].points).toHaveLength(1)
  const target = join(site.root, 'restored')
  await site.ask('restore', 'documents', '--to', target)
  expect(readFileSync(join(target, site.documents, 'letter.txt'), 'utf8')).toBe('dear all\n')
})

test('an engine that is missing or too old is named with the remedy', async () => {
  await site.ask('setup', 'apply', '--yes')
  site.configure({ engines: { restic: '/nowhere/restic' } })
  const missing = await site.holdfast('backup')
  expect(missing.exitCode).toBe(78)
  expect(missing.text).toContain('restic is not installed')
  const old = join(site.root, 'old-restic')
  writeFileSync(old, '#!/bin/sh\necho restic 0.9.6 compiled with go1.13\n', { mode: 0o755 })
  site.configure({ engines: { restic: old } })
  const refused = await site.holdfast('backup')
  expect(refused.exitCode).toBe(78)
  expect(refused.text).toContain('restic 0.9.6 is too old; 0.14 or later is needed')
})

test('an engine that answers nonsense is an error, not a success', async () => {
  await site.ask('setup', 'apply', '--yes')
  const liar = join(site.root, 'lying-restic')
  writeFileSync(
    liar,
    `#!/bin/sh\nif [ "$1" = backup ]; then echo '{"message_type":"summary","snapshot_id":"none"}'; else exec ${pair.restic} "$@"; fi\n`,
    { mode: 0o755 },
  )
  site.configure({ engines: { restic: liar } })
  const answer = await site.holdfast('backup', '--json')
  expect(answer.exitCode).toBe(3)
  expect(answer.json.run.steps[0].errors[0].code).toBe('engine-output')
})
