import { defined } from './defined.ts'

/**
 * A command as data: what a place runs, what `--dry-run` prints and what golden tests compare. Secrets are never part of
 * it; it only names the environment variables that carry them.
 */
export interface Command {
  /** Name or absolute path. */
  readonly program: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Environment variables whose values are secrets, to be filled in by whoever runs it. */
  readonly secretEnvironment: readonly SecretVariable[]
  /** User to run as, when it isn't the one running Holdfast. */
  readonly user?: string
}

/** A command that needs no secret, run as a user where one is named. */
export const commandOf = (
  program: string,
  words: readonly string[],
  { environment = {}, user }: { readonly environment?: Command['environment']; readonly user?: string | undefined } = {},
): Command => ({ program, arguments: words, environment, secretEnvironment: [], ...defined({ user }) })

export const secretVariables = ['RESTIC_PASSWORD', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const

export type SecretVariable = (typeof secretVariables)[number]
