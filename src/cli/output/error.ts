import { errorRecord, toHoldfastError, type ErrorRecord, type HoldfastError } from '../../domain/errors.ts'
import type { Outlet } from './outlet.ts'
import type { View } from './printer.ts'

/** Does the work of a command line, and gives back its exit code. The one place where failures become exit codes. */
export async function exitCodeOf(argv: readonly string[], outlet: Outlet, work: () => number | Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    return printError(error, argv.includes('--json'), outlet)
  }
}

/** Prints a failure where failures go, standard error: words and a hint for people, one JSON document for programs. */
export function printError(thrown: unknown, json: boolean, { errors }: Outlet): number {
  const error = toHoldfastError(thrown)
  if (json) errors.printDocument({ error: { ...errorRecord(error), exitCode: error.exitCode } })
  else errors.print(failureLines(error)(errors.terminal))
  return error.exitCode
}

const failureLines =
  (error: HoldfastError): View =>
  ({ paint }) => [
    `${paint('bad', 'error:')} ${error.message}`,
    ...(error.detail === undefined || error.detail === '' ? [] : ['', ...indented(error.detail), '']),
    ...(error.hint === undefined ? [] : [`${paint('bold', 'hint:')}  ${error.hint}`]),
    ...(error.code === 'unexpected' && error.cause instanceof Error && process.env['HOLDFAST_DEBUG']
      ? ['', ...(error.cause.stack ?? '').split('\n')]
      : []),
  ]

/** A failure inside a summary: the message, then the hint below it. */
export function errorLines(error: ErrorRecord): string[] {
  return [error.message, ...(error.hint === undefined ? [] : [error.hint])]
}

/** The failure of one component, between the answers of others. */
export const componentErrorLines =
  (component: string, error: ErrorRecord): View =>
  ({ paint }) => {
    const [message = '', ...below] = errorLines(error)
    return [paint('bold', component), `  ${paint('bad', '✗')} ${message}`, ...below.map((line) => `    ${line}`), '']
  }

const indented = (text: string): string[] => text.split('\n').map((line) => (line === '' ? '' : `  ${line}`))
