import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { Console } from './console.ts'
import { printError } from './error.ts'
import { LiveArea } from './live-area.ts'

/** What somebody may call a file, a database or a bucket, to make a terminal say what isn't so. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '\x1b[2J',
          '\x1b[32m✓\x1b[39m',
          '\x1b]0;title\x07',
          '\x1b]8;;http://x\x1b\\',
          '\x9b31m',
          '\x9d',
          '\x7f',
          '\x00',
          '\r',
        ],
        ...[
          '\n',
          '\n  ✓ all is well',
          '\nhint:  run this',
          '\t',
          '\b\b\b',
          '\u202e',
          '\u2066',
          '\u200f',
          '\u061c',
          '\u2028',
          '\ufeff',
        ],
        ...['\0', '32m', '\u000032m', 'name', '字', '🐘'],
      ),
      { minLength: 1 },
    )
    .map((pieces) => pieces.join('')),
)

/** All that acts upon a terminal. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const acting = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

const colours = { FORCE_COLOR: '1' }

/** The lines of what was printed, which says nothing to a terminal but these colours. */
function linesOf(text: string, ...codes: readonly number[]): string[] {
  const plain = codes.reduce((rest, code) => rest.replaceAll(`\x1b[${code}m`, ''), text)
  const lines = plain.split('\n')
  expect(lines.pop()).toBe('')
  for (const line of lines) expect(line).not.toMatch(acting)
  return lines
}

/** What `runbook --json` prints. */
const someDocument = { site: 'pi-hosting', text: 'words' }

describe('whatever a name holds', () => {
  test('a line stays one line that says nothing to a terminal, with our colours alone', () => {
    fc.assert(
      fc.property(hostile, hostile, (one, two) => {
        const outlet = new CapturedOutlet(undefined, colours)
        const console = new Console(outlet, {})
        console.print(someDocument, ({ paint }) => [`${paint('good', '✓')} ${one}`, `${paint('bold', two)} ${one}`])
        console.tell(() => [two])
        console.fail(({ paint }) => [`${paint('bad', '✗')} ${two}`])
        expect(outlet.stdout.startsWith('\x1b[32m✓\x1b[39m ')).toBe(true)
        expect(outlet.stdout.match(/\x1b/g)?.length).toBe(two === '' ? 2 : 4) // oxlint-disable-line no-control-regex -- ours
        expect(linesOf(outlet.stdout, 32, 39, 1, 22)).toHaveLength(3)
        expect(linesOf(outlet.stderr, 31, 39)).toHaveLength(1)
      }),
    )
  })

  test('an error, its hint and its evidence can’t be told from what was meant', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (message, hint, detail) => {
        const outlet = new CapturedOutlet(undefined, colours)
        printError(new HoldfastError('unexpected', message, { hint, detail }), false, outlet)
        const lines = linesOf(outlet.stderr, 31, 39, 1, 22)
        expect(lines.filter((line) => line.startsWith('error:'))).toHaveLength(1)
        expect(lines.filter((line) => line.startsWith('hint:'))).toHaveLength(1)
        // Evidence may have lines, and all of them are indented.
        const others = lines.filter((line) => !/^(?:error|hint):/.test(line))
        expect(others.filter((line) => line !== '' && !line.startsWith('  '))).toEqual([])
      }),
    )
  })

  test('a document says nothing to a terminal, and the same as ever to a program', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const outlet = new CapturedOutlet()
        new Console(outlet, { json: true }).print({ site: name, text: name }, () => [])
        expect(JSON.parse(outlet.stdout)).toEqual({ schemaVersion: 1, site: name, text: name })
        linesOf(outlet.stdout)
      }),
    )
  })

  test('what is drawn in place moves the cursor as we want it to, and no other way', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const outlet = new CapturedOutlet({ columns: 80 })
        const console = new Console(outlet, {})
        new LiveArea(outlet.results).draw([name, name])
        expect(outlet.stdout.startsWith('\x1b[J')).toBe(true)
        expect(linesOf(outlet.stdout.slice(3))).toHaveLength(2)
        console.progress(name, fixedClock('2026-01-26T03:00:00Z')).report({ current: name, note: name })
        expect(outlet.stderr.startsWith('\r\x1b[K  ')).toBe(true)
        linesOf(`${outlet.stderr.slice(4)}\n`)
      }),
    )
  })

  test('a file that is printed keeps its lines and tabs, and nothing else', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const outlet = new CapturedOutlet()
        new Console(outlet, {}).printText(`# ${name}\n\tend\n`)
        const lines = outlet.stdout.split('\n')
        expect(lines.at(-2)).toBe('\tend')
        for (const line of lines) expect(line.replaceAll('\t', '')).not.toMatch(acting)
      }),
    )
  })
})

describe('a console', () => {
  test.each([
    [{}, 'lines\ntold\n', 'failed\n'],
    [{ json: true }, '{\n  "schemaVersion": 1,\n  "site": "pi-hosting",\n  "text": "words"\n}\n', ''],
    [{ quiet: true }, '', 'failures\nfailed\n'],
    [{ quiet: true, json: true }, '{\n  "schemaVersion": 1,\n  "site": "pi-hosting",\n  "text": "words"\n}\n', ''],
  ])('prints as the options want it: %j', (options, stdout, stderr) => {
    const outlet = new CapturedOutlet()
    const console = new Console(outlet, options)
    console.print(
      someDocument,
      () => ['lines'],
      () => ['failures'],
    )
    console.tell(() => ['told'])
    console.fail(() => ['failed'])
    expect([outlet.stdout, outlet.stderr]).toEqual([stdout, stderr])
  })

  test('hides secrets, whoever prints them', () => {
    const outlet = new CapturedOutlet()
    const console = new Console(outlet, {})
    console.hide(['first-secret'])
    new Console(outlet, {}).hide(['second secret'])
    console.tell(() => ['first-secret and second secret'])
    new Console(outlet, { json: true }).print({ ...someDocument, text: 'second%20secret' }, () => [])
    printError(new HoldfastError('usage', 'no first-secret', { hint: 'first-secret' }), false, outlet)
    expect(outlet.stdout).toContain('[redacted] and [redacted]\n')
    expect(outlet.stdout + outlet.stderr).not.toMatch(/first|second/)
  })

  test('goes on without a reader who has gone away', () => {
    const outlet = new CapturedOutlet()
    const console = new Console(outlet, {})
    outlet.results.stream.emit('error', new Error('EPIPE'))
    console.print(someDocument, () => ['lines'])
    console.fail(() => ['failed'])
    expect([outlet.stdout, outlet.stderr]).toEqual(['', 'failed\n'])
  })

  test.each([
    ['y', true],
    ['', true],
    ['n', false],
    ['yesterday', false],
  ])('takes an answer of %j for %j', async (answer, expected) => {
    const outlet = new CapturedOutlet({ columns: 80 })
    const asked = new Console(outlet, {}).confirm('remove \u001b[2J?', true)
    ;(outlet.stdin as unknown as NodeJS.WritableStream).write(`${answer}\n`)
    expect(await asked).toBe(expected)
    expect(outlet.stderr).toContain('remove \\x1b[2J? [Y/n] ')
  })

  test('asks nobody where nobody is, and nothing where the answer is yes', async () => {
    const outlet = new CapturedOutlet()
    expect(await new Console(outlet, {}).confirm('remove?', true)).toBe(false)
    expect(await new Console(outlet, { yes: true }).confirm('remove?', false)).toBe(true)
    expect(await new Console(outlet, { yes: true }).askToType('database', ['all is lost'])).toBe(true)
    expect(outlet.stderr).toBe('')
  })

  test('asks for a word only where somebody can type it, and takes no other', async () => {
    expect(await new Console(new CapturedOutlet(), {}).askToType('database', ['all is lost'])).toBe(false)
    const outlet = new CapturedOutlet({ columns: 80 })
    const asked = new Console(outlet, {}).askToType('database', ['all is lost\nor not'])
    ;(outlet.stdin as unknown as NodeJS.WritableStream).write('databas\n')
    expect(await asked).toBe(false)
    expect(outlet.stderr).toContain('all is lost\\nor not\n')
  })
})
