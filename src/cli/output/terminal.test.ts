import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { coloured, columns, cutLeft, cutRight, padded, terminalOf, visible, widthOf } from './terminal.ts'

const stream = (isTTY: boolean, width?: number) => ({ isTTY, columns: width }) as NodeJS.WriteStream

describe('a terminal', () => {
  test.each([
    ['a terminal', true, {}, { interactive: true, coloured: true }],
    ['a file', false, {}, { interactive: false, coloured: false }],
    ['a terminal that can do nothing', true, { TERM: 'dumb' }, { interactive: false, coloured: false }],
    ['a terminal of somebody who wants no colour', true, { NO_COLOR: '1' }, { interactive: true, coloured: false }],
    ['a file of somebody who wants colour', false, { FORCE_COLOR: '1' }, { interactive: false, coloured: true }],
    ['a file of somebody who forces none', false, { FORCE_COLOR: '0' }, { interactive: false, coloured: false }],
  ])('is known for what it is: %s', (_what, isTTY, environment, expected) => {
    const terminal = terminalOf(stream(isTTY, 80), environment)
    expect(terminal.interactive).toBe(expected.interactive)
    expect(coloured(terminal.paint('good', 'done'))).toBe(expected.coloured ? '\x1b[32mdone\x1b[39m' : 'done')
  })

  test('is as wide as it says, or a hundred', () => {
    expect(terminalOf(stream(true, 132), {}).columns).toBe(132)
    expect(terminalOf(stream(false), {}).columns).toBe(100)
  })

  test('paints nothing where there is nothing', () => {
    expect(terminalOf(stream(true), {}).paint('bad', '')).toBe('')
  })
})

describe('a text from outside', () => {
  test('shows its control characters instead of obeying them', () => {
    expect(visible('a\x1b[2Jb\r\n\tc\x07\x9bd')).toBe('a\\x1b[2Jb\\x0d\\n\\tc\\x07\\x9bd')
  })

  test('never moves a cursor, whatever it holds', () => {
    const text = fc.array(fc.integer({ min: 0, max: 0x2100 })).map((codes) => String.fromCodePoint(...codes))
    fc.assert(
      fc.property(text, (some) => {
        expect(visible(some)).not.toMatch(/\p{Cc}/u)
      }),
    )
  })

  test('stays as it is when it is harmless', () => {
    expect(visible('Bücher/字 🐘.txt')).toBe('Bücher/字 🐘.txt')
  })
})

describe('cutting from the left', () => {
  test.each([
    ['worlds/a/packs/actors/000417.ldb', 14, '…rs/000417.ldb'],
    ['short', 5, 'short'],
    ['short', 4, '…ort'],
    ['short', 1, ''],
    ['🐘🐘🐘🐘', 3, '…🐘🐘'],
  ])('keeps the end of %j in %d columns', (text, width, expected) => {
    expect(cutLeft(text, width)).toBe(expected)
  })

  test('never takes more room than there is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(40), (text, width) => {
        expect(widthOf(cutLeft(visible(text), width))).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('columns', () => {
  test('line up, and leave nothing at the end of a line', () => {
    expect(
      columns([
        ['foundry', '4.01 GB', 'snapshot 7be79a4b'],
        ['db', '212 kB', ''],
        ['configs', '', 'x'],
      ]),
    ).toEqual(['foundry  4.01 GB  snapshot 7be79a4b', 'db       212 kB', 'configs           x'])
  })

  test('put numbers to the right where they are told to', () => {
    expect(
      columns(
        [
          ['a', '5'],
          ['bb', '1,290'],
        ],
        ['left', 'right'],
      ),
    ).toEqual(['a       5', 'bb  1,290'])
  })

  test('measure what is seen, not the colour around it', () => {
    const { paint } = terminalOf(stream(true), {})
    expect(
      columns([
        [paint('good', '✓'), 'x'],
        ['✗✗', 'y'],
      ]).map(coloured),
    ).toEqual(['\x1b[32m✓\x1b[39m   x', '✗✗  y'])
    expect(coloured(padded(paint('bold', 'ab'), 4))).toBe('\x1b[1mab\x1b[22m  ')
    expect(coloured(cutRight(paint('bold', 'abcdef'), 4))).toBe('\x1b[1mabc…\x1b[0m')
    expect(padded('ab', 4, 'right')).toBe('  ab')
    expect(padded('abcdef', 4)).toBe('abcdef')
  })

  test('are none of none', () => {
    expect(columns([])).toEqual([])
  })
})
