import { describe, expect, test } from 'vitest'
import { plainCall } from './plain-call.ts'

describe('a plain call', () => {
  test.each([
    [['status'], {}, []],
    [['status', '--json'], { json: true }, []],
    [['backup', 'foundry', '--quiet', 'logs'], { quiet: true }, ['foundry', 'logs']],
    [['status', '--config', '/etc/other.yaml', 'logs', '--json'], { json: true, config: '/etc/other.yaml' }, ['logs']],
    [['status', ''], {}, ['']],
    [[], {}, []],
  ])('is understood without a parser: %j', (argv, options, components) => {
    expect(plainCall(argv)).toEqual({ verb: argv[0] ?? '', options, components })
  })

  test.each([
    [['status', '--help']],
    [['status', '-h']],
    [['status', '--']],
    [['status', '--jsno']],
    [['status', '--json=yes']],
    [['status', '--config']],
    [['status', '--config', '--json']],
    [['status', '--config=/etc/other.yaml']],
    [['backup', '--dry-run']],
    [['backup', '--wait', '30m']],
    [['backup', '--yes']],
  ])('is not one with anything else: %j is left to the parser', (argv) => {
    expect(plainCall(argv)).toBeUndefined()
  })
})
