import { createConfiguration, refuseExisting, type Created } from '../../config/create.ts'
import type { Draft } from '../../config/draft.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { draftOf, type InitOptions } from '../init-draft.ts'
import { thisMachine } from '../machine.ts'
import { configurationFile } from '../options.ts'
import type { Console } from '../output/console.ts'
import type { Terminal } from '../output/terminal.ts'

/** Writes a configuration. */
export async function init(options: InitOptions, console: Console): Promise<number> {
  const file = configurationFile(options)
  refuseExisting(file)
  const draft = await draftOf(options, console)
  const created = await createConfiguration(file, draft, thisMachine())
  // The passphrase stays out of a document that may end in a log; it stands in restic.key.
  const { passphrase: _shownToPeople, ...shown } = created
  console.print({ init: { ...draft, ...shown } }, (terminal) => createdLines(created, draft, terminal))
  return exitCodes.done
}

function createdLines(created: Created, draft: Draft, { paint }: Terminal): string[] {
  const lines = [...created.written.map((file) => `${paint('good', '✓')} ${file}`), '']
  if (created.passphrase !== undefined) {
    lines.push(
      'The passphrase of this site’s repositories. It is shown this once, and without it no backup can be read:',
      '',
      `    ${paint('bold', created.passphrase)}`,
      '',
      'Put it into a password manager now: restic.key on this machine dies with this machine.',
      '',
    )
  }
  if (draft.storage.kind === 's3')
    lines.push(`next: put the keys of the bucket into ${created.file.replace(/[^/]*$/, 'secrets/aws.env')}`)
  if (draft.discord === true) {
    const file = created.file.replace(/[^/]*$/, 'secrets/discord.env')
    lines.push(`next: put the address of the Discord webhook into ${file}, then: holdfast notify test`)
  }
  lines.push('next: holdfast setup plan')
  return lines
}
