import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'
import type { Command, SecretVariable } from '../domain/command.ts'
import { accountOf } from '../machine/accounts.ts'
import { runProcess } from './process.ts'
import { createRedactor } from './redaction.ts'
import type { LocalPlace, RunOptions } from './place.ts'

/**
 * What a child may see of our environment. Everything else stays here: a token in a user's shell is none of an engine's
 * business.
 */
const inheritedVariables = [
  'PATH',
  'HOME',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

export interface LocalPlaceOptions {
  /** Fills in the secret variables that a command names. */
  readonly secretValue?: (name: SecretVariable) => string | undefined
  /** All secrets, so that no line that a child prints lets one out. */
  readonly secrets?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
}

/** This machine. */
export function createLocalPlace(options: LocalPlaceOptions = {}): LocalPlace {
  const own = options.environment ?? process.env
  const redact = createRedactor(options.secrets ?? [])
  const find = (program: string) => findProgram(program, own['PATH'] ?? '')

  return {
    kind: 'local',
    name: 'this machine',
    find,
    stampOf: (program) => {
      const { size, mtimeMs, ctimeMs } = statSync(program)
      return [size, mtimeMs, ctimeMs].join(' ')
    },
    displayCommand: (command) => command,
    async run(command, runOptions) {
      const program = find(command.program)
      if (program === undefined) {
        throw new HoldfastError('program-missing', `${command.program} is not installed`, {
          hint: 'holdfast setup plan shows what needs to be installed',
        })
      }
      const [wrapper, ...wrapped] = [...guardianOf(command, find, runOptions), program, ...command.arguments]
      return runProcess(
        {
          program: wrapper as string,
          name: program,
          arguments: wrapped,
          environment: environmentOf(command, own, options.secretValue),
          redact,
        },
        runOptions,
      )
    },
  }
}

/**
 * setpriv (util-linux) becomes the engine itself, so nothing stands in between: it changes the user, and asks the kernel
 * to ask it to stop should Holdfast die of kill -9. An engine that outlived us would hold its lock against the next run.
 */
function guardianOf(
  command: Command,
  find: (program: string) => string | undefined,
  { stopSignal = 'SIGTERM' }: RunOptions,
): string[] {
  const setpriv = find('setpriv')
  if (setpriv === undefined) {
    throw new HoldfastError('program-missing', 'setpriv is not installed', { hint: 'apt-get install util-linux' })
  }
  const { user: name } = command
  const user = name === undefined ? [] : [`--reuid=${name}`, `--regid=${accountOf(name)?.gid ?? name}`, '--init-groups']
  return [setpriv, ...user, '--pdeathsig', stopSignal.slice('SIG'.length), '--']
}

function environmentOf(
  command: Command,
  own: NodeJS.ProcessEnv,
  secretValue: LocalPlaceOptions['secretValue'],
): Record<string, string> {
  // Engines answer in the language of the table that their texts are looked up in.
  const environment: Record<string, string> = { LC_ALL: 'C.UTF-8' }
  for (const name of inheritedVariables) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  Object.assign(environment, command.environment)
  for (const name of command.secretEnvironment) {
    const value = secretValue?.(name)
    if (value !== undefined) environment[name] = value
  }
  return environment
}

function findProgram(program: string, path: string): string | undefined {
  if (program.includes('/')) return isAbsolute(program) && isExecutable(program) ? program : undefined
  // A timer's or sudo's PATH may lack the administrator's folders, where Debian puts some of what we call.
  const folders = new Set([
    ...path.split(delimiter),
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ])
  for (const folder of folders) {
    if (isAbsolute(folder) && isExecutable(join(folder, program))) return join(folder, program)
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
