import { describe, expect, test } from 'vitest'
import { printedErrors } from '../../test/support/printed-errors.ts'
import { runProgram } from './program.ts'

describe('a command line that fails', () => {
  const printed = printedErrors()

  test.each([
    ['a plain call', ['backup', '--config', '/nowhere.yaml']],
    ['one that needs a parser', ['backup', '--config=/nowhere.yaml']],
    ['one for looking', ['status', '--config', '/nowhere.yaml']],
  ])('does so in the same words and with the same exit code: %s', async (_what, argv) => {
    expect(await runProgram(argv)).toBe(78)
    expect(printed.text).toBe(
      'error: there is no configuration at /nowhere.yaml\nhint:  holdfast init writes one; --config or HOLDFAST_CONFIG points to another place\n',
    )
  })

  test('is told to programs as one document', async () => {
    expect(await runProgram(['backup', '--json', '--config', '/nowhere.yaml'])).toBe(78)
    expect(JSON.parse(printed.text)).toMatchObject({ schemaVersion: 1, error: { code: 'configuration', exitCode: 78 } })
  })

  test('is helped with a verb that does not exist', async () => {
    expect(await runProgram(['bakcup'])).toBe(2)
    expect(printed.text).toContain("error: unknown command 'bakcup'")
    expect(printed.text).toContain('Did you mean backup?')
    expect(printed.text).toContain('hint:  holdfast --help lists the verbs')
  })
})
