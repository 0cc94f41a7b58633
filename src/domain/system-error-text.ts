import { isSystemError } from './errors.ts'

/** Where the words of the system are no help beside a path, or Node gives none, as for a program that doesn't start. */
const texts: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a folder',
}

/** Why a file could not be used: Node's own message names a code, the system call and the path once more. */
export function systemErrorText(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  return texts[error.code ?? ''] ?? error.message.replace(/^E[A-Z0-9]+: /, '').replace(/, [a-z]+(?: '.*)?$/s, '')
}
