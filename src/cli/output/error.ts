import { errorRecord, toHoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { jsonDocument } from './json.ts'
import { terminalOf, visible } from './terminal.ts'

/** Does the work of a command line, and gives back its exit code. The one place where failures become exit codes. */
export async function exitCodeOf(argv: readonly string[], work: () => number | Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    return printError(error, argv.includes('--json'))
  }
}

/** Prints a failure where failures go, standard error: words and a hint for people, one JSON document for programs. */
export function printError(thrown: unknown, json: boolean): number {
  const error = toHoldfastError(thrown)
  if (json) {
    process.stderr.write(`${jsonDocument({ error: { ...errorRecord(error), exitCode: error.exitCode } })}\n`)
  } else {
    const { paint } = terminalOf(process.stderr)
    process.stderr.write(`${paint('bad', 'error:')} ${error.message}\n`)
    if (error.detail !== undefined && error.detail !== '') process.stderr.write(`\n${indent(error.detail, '  ')}\n\n`)
    if (error.hint !== undefined) process.stderr.write(`${paint('bold', 'hint:')}  ${error.hint}\n`)
    if (error.code === 'unexpected' && error.cause instanceof Error && process.env['HOLDFAST_DEBUG']) {
      process.stderr.write(`\n${error.cause.stack ?? ''}\n`)
    }
  }
  return error.exitCode
}

/** A failure inside a summary: the message, then the hint below it. */
export function errorLines(error: ErrorRecord): string[] {
  return [error.message, ...(error.hint === undefined ? [] : [error.hint])]
}

/** The failure of one component, between the answers of others: where failures go. */
export function printComponentError(component: string, error: ErrorRecord): void {
  const { paint } = terminalOf(process.stderr)
  const [message = '', ...below] = errorLines(error).map(visible)
  const lines = [paint('bold', component), `  ${paint('bad', '✗')} ${message}`, ...below.map((line) => `    ${line}`)]
  process.stderr.write(`${lines.join('\n')}\n\n`)
}

function indent(text: string, margin: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : margin + line))
    .join('\n')
}
