import { isSystemError } from './errors.ts'

/** What a person meets, in words. */
const texts: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'it does not exist',
  ENOSPC: 'no space left',
  ENOTDIR: 'a part of its path is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
}

/** Why a file could not be used: Node's own message names a code, the system call and the path once more. */
export function systemErrorText(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  return texts[error.code ?? ''] ?? error.message.replace(/^E[A-Z0-9]+: /, '').replace(/, [a-z]+(?: '.*)?$/s, '')
}
