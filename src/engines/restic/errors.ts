import { storageRules, type FailureRule } from '../failure.ts'

/**
 * restic's exit codes from 0.17.1 on, and the texts by which older ones tell the same. Order matters: restic asks "is there
 * a repository" also when the network is down, so what the storage says comes first.
 */
export const resticFailures: readonly FailureRule[] = [
  {
    code: 'wrong-key',
    exitCodes: [12],
    text: /wrong password or no key found/,
    message: 'the passphrase does not open the repository',
    hint: 'put the passphrase that the repository was created with into restic.key; the repository is untouched',
  },
  {
    code: 'locked',
    exitCodes: [11],
    text: /repository is already locked(?: exclusively)? by (PID \d+ on \S+ by \S+)[^\n]*(?:\n[^\n]*lock was created at ([^\n]*))?/,
    message: (match) =>
      match === undefined
        ? 'the repository is locked by another process'
        : `the repository is locked by ${match[1]}${match[2] === undefined ? '' : `, since ${match[2].trim()}`}`,
    hint: 'wait until that process is done; if its machine is gone for good, remove the lock by hand: restic unlock --remove-all',
  },
  ...storageRules,
  {
    code: 'engine-too-old',
    text: /unsupported repository version (\d+)/,
    message: (match) => `this restic does not know format ${match?.[1] ?? ''} of the repository: a newer restic made it`,
    hint: 'install a newer one, or name it under engines: in holdfast.yaml; the repository is untouched',
  },
  {
    code: 'repository-missing',
    exitCodes: [10],
    text: /Is there a repository at the following location|unable to open config file|repository does not exist/,
    message: 'there is no repository where the configuration says',
    hint: 'is the disk mounted, are bucket and site spelled right? For a new repository: holdfast setup apply',
  },
  {
    code: 'repository-damaged',
    text: /ciphertext verification failed|hash does not match|invalid data returned|pack .* (?:not found|does not exist)|blob .* not found|id [0-9a-f]{64} not found in repository|repository contains errors|is (?:damaged|corrupted)|unable to load index|The specified key does not exist|\/(?:data\/[0-9a-f]{2}|index|snapshots)\/[0-9a-f]{64}: no such file or directory/i,
    message: 'the repository is damaged',
    hint: 'change nothing in it; restic check --read-data says what is affected, other restore points may be whole: holdfast points',
  },
]
