import { exitCodes } from '../domain/exit-codes.ts'
import type { ErrorCode, errorCatalogue } from '../domain/errors.ts'

type Catalogue = Readonly<Record<ErrorCode, (typeof errorCatalogue)[ErrorCode]>>

/** What each exit code says to a script, and to the person who reads it in a log. */
export const exitMeanings: Readonly<Record<number, string>> = {
  [exitCodes.done]: 'done',
  [exitCodes.failed]: 'failed, for a reason without an exit code of its own',
  [exitCodes.usage]: 'the command line asks for something that does not exist or does not fit',
  [exitCodes.partlyDone]: 'partly done',
  [exitCodes.breached]: 'an objective is breached, or a finding is open',
  [exitCodes.drillFailed]: 'a drill failed',
  [exitCodes.noRepository]: 'there is no repository, or no bucket',
  [exitCodes.locked]: 'locked by another process',
  [exitCodes.wrongKey]: 'the passphrase is the wrong one',
  [exitCodes.configuration]: 'configuration, secrets or engines are not in order',
  [exitCodes.interrupted]: 'interrupted',
}

/** docs/exit-codes.md: how a process ends, and every error that can be the cause. */
export function exitCodesPage(catalogue: Catalogue): string {
  const codes = Object.entries(catalogue).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const exits = Object.entries(exitMeanings).map(([exit, meaning]) => {
    const causes = codes.filter(([, traits]) => traits.exit === Number(exit)).map(([code]) => `\`${code}\``)
    return `| ${exit} | ${meaning} | ${causes.join(', ')} |`
  })
  const errors = codes.map(
    ([code, traits]) => `| \`${code}\` | ${traits.meaning} | ${traits.exit} | ${traits.retryable ? 'yes' : 'no'} |`,
  )
  return [
    '<!-- Made by npm run docs, from src/domain/errors.ts and src/cli/exit-codes.ts. -->',
    '',
    ...beginning,
    '',
    '| Exit code | Meaning | Errors |',
    '|---|---|---|',
    ...exits,
    '',
    ...ofVerbs,
    '',
    '| Error | Meaning | Exit code | Tried again |',
    '|---|---|---|---|',
    ...errors,
    '',
  ].join('\n')
}

const beginning = `# Exit codes and errors

Every verb of Holdfast ends with one of these exit codes.`.split('\n')

const ofVerbs = `## How a backup ends

\`holdfast backup\` runs every component, whatever happens to the ones before. So its exit code sums up all of them:

- 0: every component was backed up.
- 130: the run was interrupted.
- 10, 11, 12 or 78: no component was backed up, and all failed for reasons that share this exit code.
- 3: anything else. At least one component failed, or was backed up with faults; perhaps all of them. The summary, and \`--json\`,
  say which.

\`holdfast setup apply\` ends with 3 when it left out a change that interrupts something, such as a restart of PostgreSQL, because
nobody agreed to it, and so does \`holdfast recover\` when a step was left out. \`holdfast status\` and \`holdfast watch\` end with 4 when anything is not well. \`holdfast drill\` drills every component, whatever happens to the ones before, and ends with 5
when one could not be restored, for whatever reason, or was not what it should be. All other verbs end with 0, or with the exit code of the error that stopped them.

## Errors

Every failure has one of these codes. It stands in JSON output and in the journal, and it never changes its meaning. The words
that people read beside it may.

During a backup, a step that meets an error marked as tried again waits and tries again: at first after 2 seconds, then after
twice as long each time, up to a minute, until the [patience](configuration.md#the-keys) of the site ends. A lock that a dead
restic left behind is removed first. The lock of the site, which one run holds at a time, is waited for only as long as \`--wait\`
says.`.split('\n')
