import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { start } from '../../src/cli/start.ts'
import { allVerbs } from '../../src/cli/verbs/all-verbs.ts'
import type { Verb } from '../../src/cli/verbs/verb.ts'
import { CapturedOutlet } from './captured-outlet.ts'

/** How a command line ended, and what it printed. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line on a machine with nothing but these variables. */
export type RunCommandLine = (argv: readonly string[], environment: Readonly<Record<string, string>>) => Promise<Ended>

/** In this very process, as fast as a unit. */
export const runHere: RunCommandLine = async (argv, environment) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const outlet = new CapturedOutlet(undefined, environment)
  try {
    return { exitCode: await start(argv, outlet), stdout: outlet.stdout, stderr: outlet.stderr }
  } finally {
    vi.unstubAllEnvs()
  }
}

/** The program as it is shipped. */
export const runBuilt =
  (program: string): RunCommandLine =>
  async (argv, environment) => {
    const words = [program, ...argv]
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { env: environment, encoding: 'utf8' })
    return { exitCode: status, stdout, stderr }
  }

/** Every verb with the words that call it: `setup plan`, `points`, `points pin`. */
function calls(verbs: readonly Verb[], before: readonly string[] = []): { words: readonly string[]; verb: Verb }[] {
  return verbs.flatMap((verb) => {
    const words = [...before, verb.name]
    return [{ words, verb }, ...calls(verb.verbs, words)]
  })
}

const hostileName = 'evil\u001b[2J\nhint:  run this\u202e'

/**
 * What the command line promises, whoever runs it: held to it in this process, where everything is quick, and as it is bundled,
 * where a verb is loaded out of another file than it is printed by.
 */
export function describeCommandLine(way: string, runner: () => RunCommandLine): void {
  describe(`the command line, ${way}`, () => {
    let root = ''
    let environment: Record<string, string> = {}
    const run = (...argv: string[]) => runner()(argv, environment)
    const fileWith = (name: string, text: string): string => {
      writeFileSync(join(root, name), text)
      return join(root, name)
    }

    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'holdfast-command-line-'))
      for (const folder of ['secrets', 'documents', 'storage']) mkdirSync(join(root, folder))
      writeFileSync(join(root, 'secrets/restic.key'), 'correct horse battery staple 42\n', { mode: 0o600 })
      const restic = fileWith('restic', '#!/bin/sh\necho "Fatal: repository does not exist" >&2\nexit 10\n')
      chmodSync(restic, 0o755)
      const lines = [
        ...['site: pi-hosting', 'timezone: Australia/Perth', `storage: { directory: ${root}/storage }`],
        ...['components:', `  documents: { files: { paths: [${root}/documents] } }`],
      ]
      environment = {
        PATH: '/usr/bin:/bin',
        NO_COLOR: '1',
        HOLDFAST_CONFIG: fileWith('holdfast.yaml', `${lines.join('\n')}\n`),
        HOLDFAST_STATE_DIR: join(root, 'state'),
        HOLDFAST_CACHE_DIR: join(root, 'cache'),
        HOLDFAST_RUNTIME_DIR: join(root, 'run'),
      }
    })
    afterAll(() => rmSync(root, { recursive: true, force: true }))

    test('lists its verbs, but none that only systemd calls', async () => {
      const { exitCode, stdout, stderr } = await run('--help')
      expect([exitCode, stderr]).toEqual([0, ''])
      const listed = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name)
      expect(listed).toEqual([...allVerbs.filter(({ isHidden }) => !isHidden).map(({ name }) => name), 'help'])
      expect(stdout).not.toContain('alert')
    })

    test('says how to call it when it is called with nothing', async () => {
      const { exitCode, stdout, stderr } = await run()
      expect([exitCode, stdout]).toEqual([2, ''])
      expect(stderr).toContain('Usage: holdfast [options] [command]')
    })

    test.each(['--version', '-V'])('says which it is: %s', async (flag) => {
      expect(await run(flag)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^holdfast \d+\.\S+\n$/) as string })
    })

    test('describes every verb, with every option', async () => {
      for (const { words, verb } of calls(allVerbs)) {
        const { exitCode, stdout, stderr } = await run(...words, '--help')
        expect([exitCode, stderr]).toEqual([0, ''])
        expect(stdout).toContain(`Usage: holdfast ${words.join(' ')} `)
        for (const flags of Object.keys(verb.options)) expect(stdout).toContain(`  ${flags} `)
      }
    })

    test.each([
      [['bakcup'], "unknown command 'bakcup' (Did you mean backup?)"],
      [['setup', 'paln'], "unknown command 'paln' (Did you mean plan?)"],
      [['status', '--jsno'], "unknown option '--jsno' (Did you mean --json?)"],
      [['points', 'pin', 'documents', 'latest'], "required option '--reason <text>' not specified"],
      [['points', 'unpin', 'documents'], "missing required argument 'point'"],
      [['watch', 'documents'], "too many arguments for 'watch'. Expected 0 arguments but got 1."],
      [
        ['backup', '--wait', 'soon'],
        "option '--wait <duration>' argument 'soon' is invalid. expected a number and a unit, such as 90s, 30m, 2h, 7d or 1h30m",
      ],
      [
        ['browse', 'find', 'documents', 'x', '--limit', '0'],
        "option '--limit <count>' argument '0' is invalid. expected a whole number from 1 on",
      ],
    ])('refuses what is no command, and says why: %j', async (argv, message) => {
      expect(await run(...argv)).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `error: ${message}\nhint:  holdfast --help lists the verbs, holdfast VERB --help its options\n`,
      })
    })

    test('tells programs the same as one document', async () => {
      const { exitCode, stdout, stderr } = await run('bakcup', '--json')
      expect([exitCode, stdout]).toEqual([2, ''])
      expect(JSON.parse(stderr)).toMatchObject({ schemaVersion: 1, error: { code: 'usage', exitCode: 2 } })
    })

    test.each([['backup'], ['status'], ['points'], ['setup', 'plan'], ['watch'], ['schedule', 'plan']])(
      'ends with 78 without a configuration: %s %s',
      async (...argv) => {
        const { exitCode, stdout, stderr } = await run(...argv, '--config', join(root, 'none.yaml'))
        expect([exitCode, stdout]).toEqual([78, ''])
        expect(stderr).toBe(
          `error: there is no configuration at ${root}/none.yaml\nhint:  holdfast init writes one; --config or HOLDFAST_CONFIG points to another place\n`,
        )
      },
    )

    test('names what is hostile, and shows nothing that acts upon a terminal', async () => {
      const { exitCode, stderr } = await run('points', '--config', join(root, hostileName))
      expect(exitCode).toBe(78)
      const [message, hint, ...others] = stderr.split('\n')
      expect(message).toContain(String.raw`/evil\x1b[2J\nhint:  run this\u202e`)
      expect(hint).toMatch(/^hint: {2}holdfast init writes one/)
      expect(others).toEqual([''])
    })

    test('shows every error of a configuration', async () => {
      const file = fileWith('wrong.yaml', 'site: Wrong Name\nunknown: 1\n')
      const { exitCode, stderr } = await run('config', 'check', '--config', file)
      expect(exitCode).toBe(78)
      expect(stderr).toMatch(
        /^error: .*wrong\.yaml has 4 errors; nothing was done\n\n {2}wrong\.yaml:1:1 {2}the file lacks storage\n/,
      )
    })

    test('says that a configuration is good', async () => {
      expect(await run('config', 'check')).toEqual({
        exitCode: 0,
        stdout: `${root}/holdfast.yaml is good: site pi-hosting, 1 components; the secrets are in place\n`,
        stderr: '',
      })
      expect(await run('config', 'check', '--quiet')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    })

    test('ends status with 4 where nothing was ever backed up, in words and as a document', async () => {
      const words = await run('status')
      expect([words.exitCode, words.stderr]).toEqual([4, ''])
      expect(words.stdout).toMatch(/^pi-hosting {2}.* problems?\n/)
      expect(words.stdout).toContain('✗ documents')
      const document = await run('status', '--json')
      expect([document.exitCode, document.stderr]).toEqual([4, ''])
      expect(JSON.parse(document.stdout)).toMatchObject({ status: { site: 'pi-hosting', components: [{ healthy: false }] } })
      expect(await run('status', '--quiet')).toEqual({ exitCode: 4, stdout: '', stderr: '' })
    })

    // One of them is answered by the first file of the program, the other by those of its verbs.
    test.each([[['status']], [['status', '--prometheus', 'FILE.prom']]])(
      'paints what it shows where colours are wanted: %j',
      async (argv) => {
        await run('config', 'check')
        const words = argv.map((word) => word.replace('FILE', join(root, 'holdfast')))
        const { NO_COLOR: _none, ...coloured } = environment
        const { stdout } = await runner()(words, { ...coloured, FORCE_COLOR: '1' })
        expect(stdout).toContain('\u001b[1mpi-hosting\u001b[22m')
        expect(stdout).toContain('\u001b[31m✗\u001b[39m documents')
        expect(stdout).not.toContain('\\x')
      },
    )

    test('tells of the points that can’t be listed, and ends as that error does', async () => {
      const { exitCode, stdout, stderr } = await run('points')
      expect([exitCode, stdout]).toEqual([10, ''])
      expect(stderr).toMatch(/^documents\n {2}✗ .+\n {4}.+\n\n$/)
      const document = await run('points', '--json')
      expect(document.exitCode).toBe(10)
      expect(JSON.parse(document.stdout)).toMatchObject({ components: [{ error: { code: 'repository-missing' } }] })
    })
  })
}
