import { beforeEach, describe, expect, test } from 'vitest'
import { CapturedOutlet } from '../../test/support/captured-outlet.ts'
import { runProgram } from './program.ts'

describe('a command line that fails', () => {
  let outlet = new CapturedOutlet()
  beforeEach(() => void (outlet = new CapturedOutlet()))

  test.each([
    ['a plain call', ['backup', '--config', '/nowhere.yaml']],
    ['one that needs a parser', ['backup', '--config=/nowhere.yaml']],
    ['one for looking', ['status', '--config', '/nowhere.yaml']],
  ])('does so in the same words and with the same exit code: %s', async (_what, argv) => {
    expect(await runProgram(argv, outlet)).toBe(78)
    expect(outlet.stderr).toBe(
      'error: there is no configuration at /nowhere.yaml\nhint:  holdfast init writes one; --config or HOLDFAST_CONFIG points to another place\n',
    )
  })

  test('is told to programs as one document', async () => {
    expect(await runProgram(['backup', '--json', '--config', '/nowhere.yaml'], outlet)).toBe(78)
    expect(JSON.parse(outlet.stderr)).toMatchObject({ schemaVersion: 1, error: { code: 'configuration', exitCode: 78 } })
  })

  test('is helped with a verb that does not exist', async () => {
    expect(await runProgram(['bakcup'], outlet)).toBe(2)
    expect(outlet.stderr).toContain("error: unknown command 'bakcup'")
    expect(outlet.stderr).toContain('Did you mean backup?')
    expect(outlet.stderr).toContain('hint:  holdfast --help lists the verbs')
  })
})
